# METADATA
# title: 公共数据发生变更、失效等情形应当及时更新,该数据逾期未更新
# description: Data past its update cycle is mentioned; it stays available.
# custom:
#   articles: [art_16__para_1, art_7__para_1__item_2]
package access.rules.stale_data

advise if input.freshness == "overdue"
