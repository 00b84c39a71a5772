-- 每一解释影响了多少次决定:现行规则中依赖它的规则出现在结论里
-- articles: art_1__para_1
-- needs: policies
-- column: reading 解释
-- column: chosen 所采选项
-- column: question 问题
-- column: rules 依赖它且出现的规则
-- column: decisions 次数
-- column: released 予以提供
-- column: refused 其余
-- column: last 最近
-- 只有现行规则文件能说明哪些规则依赖解释;其他版本下的决定合为一行,不作推断。
WITH spoken AS (
    SELECT log, entry_index, outcome, "at", unnest(rules) AS rule FROM decisions WHERE revision_set = $revision
), touched AS (
    SELECT r.reading, r.chosen, r.question, s.log, s.entry_index, s.outcome, s."at", s.rule
    FROM readings r JOIN spoken s ON list_contains(r.rules, s.rule)
)
SELECT r.reading, r.chosen, r.question,
    list_sort(list_distinct(list(t.rule))) AS rules,
    count(DISTINCT (t.log, t.entry_index)) FILTER (t.rule IS NOT NULL) AS decisions,
    count(DISTINCT (t.log, t.entry_index)) FILTER (released(t.outcome)) AS released,
    count(DISTINCT (t.log, t.entry_index)) FILTER (NOT released(t.outcome)) AS refused,
    shanghai(max(t."at")) AS last
FROM readings r LEFT JOIN touched t USING (reading)
GROUP BY r.reading, r.chosen, r.question
UNION ALL
SELECT '(其他版本)', NULL, '现行规则文件说明不了这些决定所用的版本', [], count(*),
    count(*) FILTER (released(outcome)), count(*) FILTER (NOT released(outcome)), shanghai(max("at"))
FROM decisions WHERE revision_set <> $revision HAVING count(*) > 0
ORDER BY decisions DESC, reading
