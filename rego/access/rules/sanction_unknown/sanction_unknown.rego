# METADATA
# title: 是否暂时关闭权限或者终止开放不明的,不能认定可以提供
# description: Where nobody can say whether the subject's permission is closed, it is not taken as open.
# custom:
#   articles: [art_42__para_1]
#   remedy: contact_observer
package access.rules.sanction_unknown

doubt if {
	input.relation == "opening"
	input.sanction in {"unknown", "not_applicable"}
}
