# METADATA
# title: 提供单位原则上应当在收到申请的10个工作日之内完成数据共享,现已逾期
# description: Sharing that was not completed by the tenth working day is reported; the grant stands.
# custom:
#   articles: [art_21__para_2, art_41__para_1__item_5]
#   reading: working_day
package access.rules.late_fulfilment

advise if input.fulfilment == "late"
