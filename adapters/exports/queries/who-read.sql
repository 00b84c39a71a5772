-- 谁读取过这一数据集:机构或者人员,经哪条渠道,为何用途,多少次
-- articles: art_3__para_3 art_24__para_1
-- parameter: dataset text 数据集编号
-- column: body 机构
-- column: person 自然人或者单位(摘要)
-- column: subject_kind 主体类别
-- column: channel 渠道
-- column: purposes 用途
-- column: scenarios 应用场景
-- column: applications 所依据的申请
-- column: fields 取得的字段
-- column: reads 次数
-- column: first 首次
-- column: last 最近
-- column: last_id 最近一次的记录
SELECT body, person, subject_kind, channel,
    list_sort(list_distinct(list(purpose))) AS purposes,
    list_sort(list_distinct(list(scenario))) AS scenarios,
    list_sort(list_distinct(list(application))) AS applications,
    list_sort(list_distinct(flatten(list(fields_granted)))) AS fields,
    count(*) AS reads,
    shanghai(min("at")) AS first,
    shanghai(max("at")) AS last,
    arg_max(id, "at") AS last_id
FROM decisions
WHERE dataset = $dataset AND action = 'read' AND released(outcome)
GROUP BY body, person, subject_kind, channel
ORDER BY reads DESC, last DESC, body, person
