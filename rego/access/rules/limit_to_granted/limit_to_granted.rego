# METADATA
# title: 部分提供的公共数据,仅返回提供单位已同意的字段和行
# description: A grant that covers a part of what was asked is served as that part only.
# custom:
#   articles: [art_19__para_3, art_24__para_1]
package access.rules.limit_to_granted

oblige if {
	input.relation == "sharing"
	input.field_coverage == "some"
}
