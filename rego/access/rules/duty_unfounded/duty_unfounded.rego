# METADATA
# title: 公共机构使用公共数据应当在其履职的范围内,所称职责没有登记的法定依据的,不予提供
# description: A duty that is claimed but has no recorded basis in law founds no use of public data.
# custom:
#   articles: [art_40__para_1]
#   remedy: show_duty_basis
package access.rules.duty_unfounded

forbid if {
	input.relation in {"own_use", "sharing"}
	input.purpose_kind == "unfounded"
}
