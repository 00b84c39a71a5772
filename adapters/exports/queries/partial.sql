-- 部分提供:保留了哪些字段,因何保留
-- articles: art_19__para_3 art_24__para_1
-- column: body 机构
-- column: person 自然人或者单位(摘要)
-- column: dataset 数据集
-- column: application 申请
-- column: withheld 保留的字段
-- column: rules 保留的理由
-- column: articles 条款
-- column: decisions 次数
-- column: last 最近
-- column: last_id 最近一次的记录
SELECT body, person, dataset, application,
    list_sort(list_distinct(flatten(list(fields_withheld)))) AS withheld,
    list_sort(list_distinct(flatten(list(list_transform(d.withheld, lambda found: found.rule))))) AS rules,
    list_sort(list_distinct(flatten(flatten(list(list_transform(d.withheld, lambda found: found.articles)))))) AS articles,
    count(*) AS decisions,
    shanghai(max("at")) AS last,
    arg_max(id, "at") AS last_id
FROM decisions d
WHERE outcome = 'PARTIAL'
GROUP BY body, person, dataset, application
ORDER BY decisions DESC, last DESC, dataset
