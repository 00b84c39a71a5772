# METADATA
# title: 公共数据可以部分提供,所请求的内容均不在授权范围内的,不予提供
# description: A request of which nothing lies inside the grant is refused.
# custom:
#   articles: [art_19__para_3, art_24__para_1]
#   remedy: ask_within_scope
package access.rules.fields_outside_scope

forbid if {
	input.relation == "sharing"
	input.field_coverage == "none"
}
