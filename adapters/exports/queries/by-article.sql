-- 每一条款出现在多少次决定里,结论如何
-- articles: art_1__para_1
-- column: article 条款
-- column: decisions 次数
-- column: released 予以提供
-- column: refused 不予提供或者转办
-- column: undecided 无法判定
-- column: rules 引用它的规则
-- column: last 最近
SELECT article,
    count(DISTINCT (log, entry_index)) AS decisions,
    count(DISTINCT (log, entry_index)) FILTER (released(outcome)) AS released,
    count(DISTINCT (log, entry_index)) FILTER (outcome IN ('DENY', 'REFER')) AS refused,
    count(DISTINCT (log, entry_index)) FILTER (outcome = 'INDETERMINATE') AS undecided,
    list_sort(list_distinct(list(rule))) AS rules,
    shanghai(max("at")) AS last
FROM (
    SELECT log, entry_index, outcome, "at", found.rule AS rule, unnest(found.articles) AS article
    FROM (SELECT log, entry_index, outcome, "at", unnest(findings || withheld) AS found FROM decisions)
)
GROUP BY article
ORDER BY decisions DESC, article
