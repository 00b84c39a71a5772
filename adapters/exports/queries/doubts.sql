-- 无法判定的决定:哪一疑点,应向谁询问,多少次
-- articles: art_8__para_1 art_22__para_1
-- column: rule 疑点
-- column: articles 条款
-- column: ask 应询问的机构
-- column: remedies 补救途径
-- column: decisions 次数
-- column: bodies 机构数
-- column: datasets 数据集
-- column: last 最近
-- column: last_id 最近一次的记录
SELECT found.rule AS rule, found.articles AS articles, ask,
    list_sort(list_distinct(flatten(list(remedies)))) AS remedies,
    count(*) AS decisions,
    count(DISTINCT body) AS bodies,
    list_sort(list_distinct(list(dataset)))[:5] AS datasets,
    shanghai(max("at")) AS last,
    arg_max(id, "at") AS last_id
FROM (
    SELECT unnest(findings) AS found, ask, remedies, body, dataset, "at", id
    FROM decisions WHERE outcome = 'INDETERMINATE'
)
WHERE found.effect = 'doubt'
GROUP BY found.rule, found.articles, ask
ORDER BY decisions DESC, rule, ask
