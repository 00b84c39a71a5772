# METADATA
# title: 逾期未答复视为同意共享,而该数据是否含个人信息不明的,不能认定视为同意及于该数据
# description: Where nobody can say whether the data is personal, nobody can say whether deemed consent reaches it.
# custom:
#   articles: [art_21__para_4, art_1__para_1]
#   remedy: ask_classification
#   reading: deemed_and_personal_data
package access.rules.deemed_personal_unknown

doubt if {
	input.relation == "sharing"
	input.authority == "deemed"
	input.personal_data == "unknown"
	data.readings.deemed_and_personal_data in {"not_sensitive_not_important", "no_personal_data"}
}
