-- 日志自身的事件:启停与恢复、时钟回拨、见证迟延、密钥更换、规则变更,以及相邻记录的时间倒退
-- articles: art_3__para_3
-- column: at 时间
-- column: log 日志
-- column: index 序号
-- column: kind 事件
-- column: detail 内容
WITH walked AS (
    SELECT log, entry_index, "at", lag("at") OVER (PARTITION BY log ORDER BY entry_index) AS before FROM entries
)
SELECT shanghai("at") AS "at", log, entry_index AS index, kind,
    CASE kind WHEN 'rulebook.activated' THEN event ->> '$.revision.set' ELSE event END AS detail
FROM period
WHERE kind NOT IN ('decision', 'error', 'rejection', 'statements.recorded')
UNION ALL
SELECT shanghai(w."at"), w.log, w.entry_index, 'time.back', ((epoch_us(w.before) - epoch_us(w."at")) // 1000) || ' ms'
FROM walked w JOIN period p ON p.log = w.log AND p.entry_index = w.entry_index
WHERE w.before - w."at" > INTERVAL 1 SECOND
ORDER BY log, index, kind
