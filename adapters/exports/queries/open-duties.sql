-- 附有义务而账本中没有相应陈述的提供:登记申请、委托处理、安全保障
-- articles: art_20__para_1 art_40__para_1 art_26__para_3
-- needs: ledger
-- column: duty 义务
-- column: wanted 应有的陈述
-- column: body 机构
-- column: agent 受托方
-- column: dataset 数据集
-- column: application 申请
-- column: decisions 次数
-- column: first 首次
-- column: last 最近
-- column: last_id 最近一次的记录
-- 其余义务(如保密、不得向他人提供)不以陈述履行,账本中无从核对,不在此列。
WITH due AS (
    SELECT unnest(duties) AS duty, body, agent, dataset, application, "at", id
    FROM decisions WHERE released(outcome)
), said AS (
    SELECT 'chain_registration' AS duty, body ->> 'applicant' AS first, body ->> 'dataset' AS second
    FROM statements WHERE kind = 'application.received'
    UNION ALL
    SELECT 'entrusted_processing', body ->> 'principal', body ->> 'agent'
    FROM statements WHERE kind = 'entrustment.recorded'
    UNION ALL
    SELECT 'approved_conditions', body ->> 'id', '' FROM statements WHERE kind = 'safeguards.attested'
), wanted AS (
    SELECT *, CASE duty WHEN 'approved_conditions' THEN application ELSE body END AS first,
        CASE duty WHEN 'chain_registration' THEN dataset WHEN 'entrusted_processing' THEN agent ELSE '' END AS second
    FROM due WHERE duty IN ('chain_registration', 'entrusted_processing', 'approved_conditions')
)
SELECT duty,
    CASE duty WHEN 'chain_registration' THEN 'application.received' WHEN 'entrusted_processing'
        THEN 'entrustment.recorded' ELSE 'safeguards.attested' END AS wanted,
    body, agent, dataset, application,
    count(*) AS decisions,
    shanghai(min("at")) AS first,
    shanghai(max("at")) AS last,
    arg_max(id, "at") AS last_id
FROM wanted w
WHERE NOT EXISTS (SELECT 1 FROM said s WHERE s.duty = w.duty AND s.first = w.first AND s.second = w.second)
GROUP BY duty, body, agent, dataset, application
ORDER BY duty, decisions DESC, body, dataset
