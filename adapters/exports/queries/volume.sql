-- 每日多少次决定,结论如何;错误和拒收多少
-- articles: art_3__para_3
-- column: day 日期
-- column: decisions 决定
-- column: permit 予以提供
-- column: partial 部分提供
-- column: deny 不予提供
-- column: refer 转办
-- column: indeterminate 无法判定
-- column: errors 未作决定
-- column: rejections 拒收
-- column: bodies 机构数
-- column: datasets 数据集数
SELECT shanghai("at")::DATE AS day,
    count(*) FILTER (kind = 'decision') AS decisions,
    count(*) FILTER (outcome = 'PERMIT') AS permit,
    count(*) FILTER (outcome = 'PARTIAL') AS partial,
    count(*) FILTER (outcome = 'DENY') AS deny,
    count(*) FILTER (outcome = 'REFER') AS refer,
    count(*) FILTER (outcome = 'INDETERMINATE') AS indeterminate,
    count(*) FILTER (kind = 'error') AS errors,
    coalesce(sum("count") FILTER (kind = 'rejection'), 0)::BIGINT AS rejections,
    count(DISTINCT body) FILTER (kind = 'decision') AS bodies,
    count(DISTINCT dataset) FILTER (kind = 'decision') AS datasets
FROM period
GROUP BY day
ORDER BY day DESC
