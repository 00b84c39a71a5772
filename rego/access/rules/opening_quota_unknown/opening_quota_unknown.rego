# METADATA
# title: 批准的额度已使用多少不明的,不能认定未超出批准的范围
# description: Where nobody can say how much of the approved quota is used, nobody can say that some is left.
# custom:
#   articles: [art_26__para_3]
#   remedy: contact_observer
package access.rules.opening_quota_unknown

doubt if {
	input.relation == "opening"
	input.quota == "unknown"
}
