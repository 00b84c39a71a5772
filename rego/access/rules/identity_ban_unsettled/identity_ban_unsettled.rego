# METADATA
# title: 含个人信息或者是否含个人信息不明的公共数据,与不能推断或者识别特定自然人的认定相矛盾,不能认定可以开放
# description: Data that is or may be personal contradicts an assessment that nobody can be identified.
# custom:
#   articles: [art_27__para_1__item_3]
#   remedy: ask_listing
package access.rules.identity_ban_unsettled

doubt if {
	input.relation == "opening"
	input.personal_data in {"personal", "sensitive", "unknown"}
}
