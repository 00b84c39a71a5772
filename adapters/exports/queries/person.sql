-- 与这一自然人有关的每一次决定:本人请求,或者作为经办人、受托人
-- articles: art_40__para_1
-- parameter: person text 自然人的摘要(p1.…)
-- column: at 时间
-- column: role 身份
-- column: body 机构
-- column: dataset 数据集
-- column: action 操作
-- column: outcome 结论
-- column: fields 取得的字段
-- column: purpose 用途
-- column: id 记录
SELECT shanghai("at") AS "at",
    CASE WHEN person = $person THEN '本人' WHEN staff = $person THEN '经办人' ELSE '受托人' END AS role,
    body, dataset, action, outcome,
    fields_granted AS fields,
    purpose, id
FROM period
WHERE kind IN ('decision', 'error') AND (person = $person OR staff = $person OR agent = $person)
ORDER BY period."at" DESC, id DESC
