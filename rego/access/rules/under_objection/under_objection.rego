# METADATA
# title: 公共机构对该数据存在异议,正在核查、处理
# description: An objection to shared data is mentioned; the data is not frozen.
# custom:
#   articles: [art_25__para_1]
package access.rules.under_objection

advise if input.objection in {"shared_open", "shared_extended", "shared_overdue"}
