# METADATA
# title: 关联的单位或者自然人被暂时关闭权限或者终止开放的,提示提供单位关注
# description: A sanction against an affiliate is mentioned; the affiliate is another subject.
# custom:
#   articles: [art_42__para_1]
package access.rules.sanctioned_affiliate

advise if {
	input.relation == "opening"
	input.sanction == "affiliate"
}
