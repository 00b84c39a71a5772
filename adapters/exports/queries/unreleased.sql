-- 没有得到答复的请求:未作决定的(503),以及可能已记录而未送出的
-- articles: art_3__para_3
-- column: why 情形
-- column: code 错误
-- column: who_must_act 应由谁处理
-- column: at 时间
-- column: body 机构
-- column: dataset 数据集
-- column: id 记录
-- 日志只记决定,不记答复是否到达。进程停止前一秒内记录的决定,是日志所能指出的全部可疑者。
WITH ended AS (
    SELECT log, boot, max(mono_ns) AS mono_ns FROM entries GROUP BY log, boot
), latest AS (
    SELECT log, arg_max(boot, entry_index) AS boot FROM entries GROUP BY log
)
SELECT '未作决定' AS why, error_code AS code, who_must_act, shanghai("at") AS "at", body, dataset, id
FROM period WHERE kind = 'error'
UNION ALL
SELECT '可能未送出', NULL, 'operator', shanghai(d."at"), d.body, d.dataset, d.id
FROM decisions d JOIN ended e USING (log, boot) JOIN latest l USING (log)
WHERE d.boot <> l.boot AND d.mono_ns > e.mono_ns - 1000000000
ORDER BY "at" DESC, id DESC
