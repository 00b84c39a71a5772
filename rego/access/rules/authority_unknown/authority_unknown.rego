# METADATA
# title: 申请的状态不明的,不能认定提供单位已经同意
# description: An application whose state cannot be found out grants nothing.
# custom:
#   articles: [art_21__para_1]
#   remedy: contact_observer
package access.rules.authority_unknown

doubt if {
	input.relation == "sharing"
	input.authority == "unknown"
}
