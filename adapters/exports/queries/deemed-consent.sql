-- 依据视为同意提供的数据:哪一申请、何时收到、向谁提供、多少次
-- articles: art_21__para_4 art_21__para_1
-- needs: ledger
-- column: application 申请
-- column: body 申请单位
-- column: provider 提供单位
-- column: dataset 数据集
-- column: received 收到申请
-- column: decisions 次数
-- column: first 首次提供
-- column: last 最近提供
-- column: last_id 最近一次的记录
WITH received AS (
    SELECT body ->> 'id' AS application, min("at") AS "at"
    FROM statements WHERE kind = 'application.received' GROUP BY 1
), catalogued AS (
    SELECT body ->> 'id' AS dataset, arg_max(body ->> 'provider', seq) AS provider
    FROM statements WHERE kind = 'dataset.catalogued' GROUP BY 1
)
SELECT d.application, d.body, c.provider, d.dataset,
    shanghai(any_value(r."at")) AS received,
    count(*) AS decisions,
    shanghai(min(d."at")) AS first,
    shanghai(max(d."at")) AS last,
    arg_max(d.id, d."at") AS last_id
FROM decisions d
LEFT JOIN received r ON r.application = d.application
LEFT JOIN catalogued c ON c.dataset = d.dataset
WHERE released(d.outcome) AND list_contains(string_split(d.fact_authority, '|'), 'deemed')
GROUP BY d.application, d.body, c.provider, d.dataset
ORDER BY decisions DESC, d.application, d.body, d.dataset
