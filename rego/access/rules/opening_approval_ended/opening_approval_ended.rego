# METADATA
# title: 有条件开放的公共数据向符合申请条件的单位和自然人提供,批准已届满或者失效的,不予提供
# description: An approval that has run out or was voided opens nothing.
# custom:
#   articles: [art_26__para_3, art_31__para_2]
#   remedy: apply_by_city_rules
package access.rules.opening_approval_ended

forbid if {
	input.relation == "opening"
	input.authority in {"expired", "void", "void_while_pending"}
}
