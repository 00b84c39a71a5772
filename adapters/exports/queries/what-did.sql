-- 这一机构问过什么:数据集、操作、应用场景,结论各多少次
-- articles: art_3__para_3 art_24__para_1 art_41__para_1
-- parameter: body text 机构编号
-- column: dataset 数据集
-- column: action 操作
-- column: scenario 应用场景
-- column: outcome 结论
-- column: decisions 次数
-- column: staff 经办人数
-- column: first 首次
-- column: last 最近
-- column: last_id 最近一次的记录
SELECT dataset, action, scenario, outcome,
    count(*) AS decisions,
    count(DISTINCT staff) AS staff,
    shanghai(min("at")) AS first,
    shanghai(max("at")) AS last,
    arg_max(id, "at") AS last_id
FROM decisions
WHERE body = $body
GROUP BY dataset, action, scenario, outcome
ORDER BY decisions DESC, last DESC, dataset, outcome
