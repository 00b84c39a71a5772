# METADATA
# title: 工作人员使用公共数据应当在其履职的范围内,所任职责与场景不对应的,不予提供
# description: Staff whose duties do not reach the scenario are refused, even where the body holds a grant.
# custom:
#   articles: [art_40__para_1]
#   remedy: show_duty_basis
package access.rules.staff_outside_duty

forbid if {
	input.relation in {"own_use", "sharing"}
	input.staff_duty == "unmapped"
}
