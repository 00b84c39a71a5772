# METADATA
# title: 工作人员的履职范围不明的,不能认定其在履职的范围内使用公共数据
# description: Where nobody can say what the person's duties are, use within duty cannot be shown.
# custom:
#   articles: [art_40__para_1]
#   remedy: show_duty_basis
package access.rules.staff_duty_unknown

doubt if {
	input.relation in {"own_use", "sharing"}
	input.staff_duty in {"unknown", "not_applicable"}
}
