# METADATA
# title: 有条件开放的公共数据,使用者应当遵守批准所附条件
# description: Whoever uses conditionally opened data keeps the conditions of the approval.
# custom:
#   articles: [art_26__para_3]
package access.rules.approved_conditions

oblige if {
	input.relation == "opening"
	input.opening_class == "conditional"
}
