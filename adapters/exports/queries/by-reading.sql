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
    SELECT rules, outcome, count(*) AS decisions, max("at") AS last
    FROM decisions WHERE revision_set = $revision GROUP BY rules, outcome
)
SELECT r.reading, r.chosen, r.question,
    list_sort(list_distinct(flatten(list(list_intersect(s.rules, r.rules))))) AS rules,
    coalesce(sum(s.decisions), 0)::BIGINT AS decisions,
    coalesce(sum(s.decisions) FILTER (released(s.outcome)), 0)::BIGINT AS released,
    coalesce(sum(s.decisions) FILTER (NOT released(s.outcome)), 0)::BIGINT AS refused,
    shanghai(max(s.last)) AS last
FROM readings r LEFT JOIN spoken s ON list_has_any(s.rules, r.rules)
GROUP BY r.reading, r.chosen, r.question
UNION ALL
SELECT '(其他版本)', NULL, '现行规则文件说明不了这些决定所用的版本', [], count(*),
    count(*) FILTER (released(outcome)), count(*) FILTER (NOT released(outcome)), shanghai(max("at"))
FROM decisions WHERE revision_set <> $revision HAVING count(*) > 0
ORDER BY decisions DESC, reading
