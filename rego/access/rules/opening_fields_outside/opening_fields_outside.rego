# METADATA
# title: 有条件开放的公共数据,所请求的内容均不在批准范围内的,不予提供
# description: A request of which nothing lies inside the approval is refused.
# custom:
#   articles: [art_26__para_3]
#   remedy: ask_within_scope
package access.rules.opening_fields_outside

forbid if {
	input.relation == "opening"
	input.field_coverage == "none"
}
