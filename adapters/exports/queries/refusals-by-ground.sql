-- 因何不予提供:每一条理由及其条款,各多少次,涉及多少机构和数据集
-- articles: art_19__para_4 art_21__para_3 art_27__para_1
-- column: rule 理由
-- column: effect 效果
-- column: articles 条款
-- column: outcome 结论
-- column: decisions 次数
-- column: bodies 机构数
-- column: datasets 数据集数
-- column: last 最近
-- column: last_id 最近一次的记录
SELECT found.rule AS rule, found.effect AS effect, found.articles AS articles, outcome,
    count(*) AS decisions,
    count(DISTINCT body) AS bodies,
    count(DISTINCT dataset) AS datasets,
    shanghai(max("at")) AS last,
    arg_max(id, "at") AS last_id
FROM (SELECT unnest(findings) AS found, outcome, body, dataset, "at", id FROM decisions WHERE NOT released(outcome))
WHERE found.effect IN ('forbid', 'refer', 'doubt')
GROUP BY ALL
ORDER BY decisions DESC, rule, outcome
