-- 每一条款出现在多少次决定里,结论如何
-- articles: art_1__para_1
-- column: article 条款
-- column: decisions 次数
-- column: released 予以提供
-- column: refused 不予提供或者转办
-- column: undecided 无法判定
-- column: rules 引用它的规则
-- column: last 最近
WITH said AS (  -- few combinations are distinct; what they say is unfolded once each
    SELECT findings || withheld AS found, articles, outcome, count(*) AS decisions, max("at") AS last
    FROM decisions GROUP BY 1, articles, outcome
), cited AS (
    SELECT unnest(articles) AS article, outcome, decisions, last,
        list_transform(found, lambda one: {'rule': one.rule, 'articles': one.articles}) AS found
    FROM said
)
SELECT article,
    sum(decisions)::BIGINT AS decisions,
    coalesce(sum(decisions) FILTER (released(outcome)), 0)::BIGINT AS released,
    coalesce(sum(decisions) FILTER (outcome IN ('DENY', 'REFER')), 0)::BIGINT AS refused,
    coalesce(sum(decisions) FILTER (outcome = 'INDETERMINATE'), 0)::BIGINT AS undecided,
    list_sort(list_distinct(flatten(list(
        list_transform(list_filter(found, lambda one: list_contains(one.articles, article)), lambda one: one.rule)
    )))) AS rules,
    shanghai(max(last)) AS last
FROM cited
GROUP BY article
ORDER BY decisions DESC, article
