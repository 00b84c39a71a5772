# METADATA
# title: 有条件开放的公共数据,单位和自然人按照市级规定提出申请
# description: Conditional data without a complete application by the city's rules is referred to that procedure.
# custom:
#   articles: [art_31__para_2, art_29__para_1]
#   remedy: apply_by_city_rules
package access.rules.opening_not_applied

refer if {
	input.relation == "opening"
	input.opening_class == "conditional"
	input.authority in {"none", "not_needed", "incomplete", "withdrawn"}
}
