# METADATA
# title: 只能部分提供,而调用方不能执行字段和行的过滤的,不予提供
# description: A grant that covers only a part is refused to a caller that cannot keep to that part.
# custom:
#   articles: [art_19__para_3, art_24__para_1]
#   remedy: declare_enforcement
package access.rules.partial_not_enforceable

forbid if {
	input.relation == "sharing"
	input.field_coverage == "some"
	input.enforcement in {"unable", "undeclared"}
}
