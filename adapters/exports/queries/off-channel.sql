-- 不经规定渠道的请求:共享应经区目录链、区大数据平台,开放应经市平台或者批准的载体
-- articles: art_20__para_1 art_21__para_2 art_26__para_2 art_26__para_3
-- column: body 机构
-- column: relation 关系
-- column: operation 操作
-- column: channel 渠道
-- column: outcome 结论
-- column: rules 相应规则
-- column: decisions 次数
-- column: datasets 数据集数
-- column: last 最近
-- column: last_id 最近一次的记录
WITH off AS (
    SELECT *, list_filter(rules, lambda rule: rule LIKE '%off\_platform' ESCAPE '\' OR rule LIKE '%off\_chain' ESCAPE '\'
        OR rule LIKE '%off\_carrier' ESCAPE '\') AS off_rules
    FROM decisions
)
SELECT body, fact_relation AS relation, fact_operation AS operation, fact_channel AS channel, outcome,
    list_sort(list_distinct(flatten(list(off_rules)))) AS rules,
    count(*) AS decisions,
    count(DISTINCT dataset) AS datasets,
    shanghai(max("at")) AS last,
    arg_max(id, "at") AS last_id
FROM off
WHERE len(off_rules) > 0
    OR (fact_relation = 'sharing' AND fact_channel IN ('own_system', 'direct', 'other_carrier', 'unknown'))
GROUP BY ALL
ORDER BY decisions DESC, last DESC, body, channel
