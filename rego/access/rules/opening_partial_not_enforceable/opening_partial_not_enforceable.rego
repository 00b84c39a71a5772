# METADATA
# title: 有条件开放的公共数据只能部分提供,而调用方不能执行字段和行的过滤的,不予提供
# description: An approval that covers only a part is refused to a caller that cannot keep to that part.
# custom:
#   articles: [art_26__para_3]
#   remedy: declare_enforcement
package access.rules.opening_partial_not_enforceable

forbid if {
	input.relation == "opening"
	input.field_coverage == "some"
	input.enforcement in {"unable", "undeclared"}
}
