# METADATA
# title: 有条件开放申请的状态不明的,不能认定提供单位已经同意
# description: An application for opening whose state cannot be found out grants nothing.
# custom:
#   articles: [art_31__para_2]
#   remedy: contact_observer
package access.rules.opening_authority_unknown

doubt if {
	input.relation == "opening"
	input.authority == "unknown"
}
