# METADATA
# title: 使用范围所定额度已使用多少不明的,不能认定未超出使用范围
# description: Where nobody can say how much of the quota is used, nobody can say that some is left.
# custom:
#   articles: [art_24__para_1]
#   remedy: contact_observer
package access.rules.quota_unknown

doubt if {
	input.relation == "sharing"
	input.quota == "unknown"
}
