# METADATA
# title: 未按规定共享或者存在争议的,已提请区科技和信息化局(区大数据局)协调处理,协调不改变现状
# description: A dispute before the regulator, or its result, is mentioned; it grants nothing by itself.
# custom:
#   articles: [art_22__para_1]
#   reading: coordination_effect
package access.rules.dispute_recorded

advise if input.coordination in {"open", "concluded"}
