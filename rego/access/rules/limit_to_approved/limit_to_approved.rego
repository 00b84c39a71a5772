# METADATA
# title: 有条件开放的公共数据,仅返回已批准的字段和行
# description: An approval that covers a part of what was asked is served as that part only.
# custom:
#   articles: [art_26__para_3]
package access.rules.limit_to_approved

oblige if {
	input.relation == "opening"
	input.field_coverage == "some"
}
