# METADATA
# title: 不能确定到具体工作人员的,无法证明其在履职的范围内使用公共数据
# description: Without an identified person or registered system, use within duty cannot be shown.
# custom:
#   articles: [art_38__para_2, art_40__para_1]
#   remedy: name_person
package access.rules.person_not_identified

doubt if {
	input.relation in {"own_use", "sharing"}
	input.staff_duty == "no_person"
}
