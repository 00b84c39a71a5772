-- 每一规则版本何时施行、作了多少次决定、结论如何
-- articles: art_44__para_1
-- column: revision_set 版本
-- column: activated 首次生效
-- column: activations 生效次数
-- column: versions 软件版本
-- column: decisions 决定
-- column: released 予以提供
-- column: refused 不予提供或者转办
-- column: undecided 无法判定
-- column: first 首次决定
-- column: last 最近决定
WITH activated AS (
    SELECT event ->> '$.revision.set' AS revision_set, min("at") AS "at", count(*) AS times,
        list_sort(list_distinct(list(version))) AS versions
    FROM entries WHERE kind = 'rulebook.activated' GROUP BY 1
), decided AS (
    SELECT revision_set, count(*) AS decisions,
        count(*) FILTER (released(outcome)) AS released,
        count(*) FILTER (outcome IN ('DENY', 'REFER')) AS refused,
        count(*) FILTER (outcome = 'INDETERMINATE') AS undecided,
        min("at") AS first, max("at") AS last
    FROM decisions GROUP BY revision_set
)
SELECT coalesce(d.revision_set, a.revision_set) AS revision_set,
    shanghai(a."at") AS activated, coalesce(a.times, 0) AS activations, coalesce(a.versions, []) AS versions,
    coalesce(d.decisions, 0) AS decisions, coalesce(d.released, 0) AS released,
    coalesce(d.refused, 0) AS refused, coalesce(d.undecided, 0) AS undecided,
    shanghai(d.first) AS first, shanghai(d.last) AS last
FROM activated a FULL JOIN decided d ON d.revision_set = a.revision_set
ORDER BY activated DESC, revision_set
