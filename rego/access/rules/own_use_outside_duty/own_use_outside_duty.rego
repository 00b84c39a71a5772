# METADATA
# title: 公共机构使用本机构的公共数据,也应当在其履职的范围内
# description: A body's use of its own data for anything but duty or service is refused.
# custom:
#   articles: [art_40__para_1]
#   remedy: show_duty_basis
package access.rules.own_use_outside_duty

forbid if {
	input.relation == "own_use"
	input.purpose_kind == "other"
}
