-- 同一请求、不同结论:前后两次相比,是哪一事实、哪一规则版本变了
-- articles: art_1__para_1
-- column: body 机构
-- column: person 自然人或者单位(摘要)
-- column: dataset 数据集
-- column: action 操作
-- column: before 原结论
-- column: after 现结论
-- column: facts 变了的事实
-- column: new_revision 规则版本变了
-- column: new_statements 新增陈述
-- column: at 时间
-- column: before_id 原记录
-- column: id 现记录
WITH asked AS (
    SELECT log, "at", id, outcome, facts, revision_set, ledger, body, person, dataset, action,
        lag(outcome) OVER w AS before, lag(facts) OVER w AS facts_before, lag(id) OVER w AS before_id,
        lag(revision_set) OVER w AS revision_before, lag(ledger) OVER w AS ledger_before
    FROM decisions
    WINDOW w AS (
        PARTITION BY body, person, subject_kind, staff, system, agent, action, dataset, physical_table, scenario,
            application_named, purpose, channel, carrier, mode, location, fields_asked, rows_asked
        ORDER BY "at", log, entry_index
    )
), changed AS (SELECT * FROM asked WHERE before <> outcome), orders AS (
    SELECT event ->> '$.revision.set' AS revision_set, any_value(from_json(event -> 'facts', '["VARCHAR"]')) AS names
    FROM entries WHERE kind = 'rulebook.activated' GROUP BY 1
)
SELECT c.body, c.person, c.dataset, c.action, c.before, c.outcome AS after,
    CASE WHEN c.facts LIKE '%|%' OR c.facts_before LIKE '%|%' OR len(string_split(c.facts, ' ')) <> len(b.names)
            OR o.names <> b.names THEN NULL
        ELSE list_transform(
            list_filter(
                list_zip(b.names, string_split(c.facts_before, ' '), string_split(c.facts, ' ')), lambda x: x[2] <> x[3]
            ),
            lambda x: x[1] || ': ' || x[2] || ' → ' || x[3]
        ) END AS facts,
    c.revision_set <> c.revision_before AS new_revision,
    c.ledger - c.ledger_before AS new_statements,
    shanghai(c."at") AS "at", c.before_id, c.id
FROM changed c
LEFT JOIN orders o ON o.revision_set = c.revision_set
LEFT JOIN orders b ON b.revision_set = c.revision_before
ORDER BY c."at" DESC, c.id DESC
