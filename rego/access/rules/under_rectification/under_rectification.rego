# METADATA
# title: 公共机构正被督促限期整改的,不影响其获取本次公共数据
# description: An order to rectify against the asking body is mentioned; it closes no access.
# custom:
#   articles: [art_41__para_1]
#   reading: failed_rectification
package access.rules.under_rectification

advise if input.rectification in {"ordered", "overdue"}
