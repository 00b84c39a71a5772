-- 依据落后的账本作出的决定:决定之前已有新陈述入账,而决定时尚不知晓
-- articles: art_3__para_3
-- needs: ledger
-- parameter: seconds number 落后超过多少秒 = 1
-- column: at 决定时间
-- column: age 落后秒数
-- column: unseen 未知晓的陈述数
-- column: ledger 所知最后陈述
-- column: body 机构
-- column: dataset 数据集
-- column: outcome 结论
-- column: id 记录
-- 以所知最后陈述之后第一条陈述的入账时间起算;两者同在一台机器上记时。
WITH known AS (SELECT seq, recorded_at FROM statements)
SELECT shanghai(d."at") AS "at",
    round((epoch_us(d."at") - epoch_us(n.recorded_at)) / 1e6, 3) AS age,
    (SELECT count(*) FROM known k WHERE k.seq > d.ledger AND k.recorded_at < d."at") AS unseen,
    d.ledger, d.body, d.dataset, d.outcome, d.id
FROM decisions d JOIN known n ON n.seq = d.ledger + 1
WHERE epoch_us(d."at") - epoch_us(n.recorded_at) > $seconds * 1000000
ORDER BY age DESC, d.id
