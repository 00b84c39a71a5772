-- 处置之后仍向被处置者提供的数据:第四十二条的暂时关闭、终止开放,至解除为止
-- articles: art_42__para_1
-- needs: ledger
-- column: subject 被处置者
-- column: sanction 处置
-- column: kind 种类
-- column: since 处置时间
-- column: at 提供时间
-- column: dataset 数据集
-- column: related 属于处置所列数据
-- column: known 决定时账本已有记载
-- column: fact 决定时的处置状态
-- column: id 记录
-- 自然人在日志中只有摘要,此表只能列出公共机构和单位。
WITH imposed AS (
    SELECT seq, body ->> 'id' AS sanction, body ->> 'subject' AS subject, kind, "at",
        from_json(body -> 'datasets', '["VARCHAR"]') AS datasets
    FROM statements WHERE kind IN ('sanction.suspended', 'sanction.terminated')
), lifted AS (
    SELECT body ->> 'id' AS sanction, max("at") AS "at" FROM statements WHERE kind = 'sanction.lifted' GROUP BY 1
)
SELECT i.subject, i.sanction, i.kind, shanghai(i."at") AS since, shanghai(d."at") AS "at", d.dataset,
    i.datasets IS NULL OR list_contains(i.datasets, d.dataset) AS related,
    d.ledger >= i.seq AS known,
    d.fact_sanction AS fact, d.id
FROM imposed i
JOIN decisions d ON d.body = i.subject AND d."at" >= i."at"
LEFT JOIN lifted l ON l.sanction = i.sanction AND i.kind = 'sanction.suspended'
WHERE released(d.outcome) AND (l."at" IS NULL OR d."at" < l."at" OR l."at" < i."at")
ORDER BY d."at" DESC, d.id DESC, i.seq
