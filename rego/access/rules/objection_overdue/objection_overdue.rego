# METADATA
# title: 对该数据的异议未在5个工作日之内完成核查、处理和反馈,且未经同意延长
# description: An objection that outran its term is reported for supervision.
# custom:
#   articles: [art_25__para_2, art_41__para_1__item_6]
#   reading: [working_day, objection_clock_start]
package access.rules.objection_overdue

advise if input.objection == "shared_overdue"
