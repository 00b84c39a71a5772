# METADATA
# title: 逾期未答复视为同意共享的,不当然及于敏感个人信息
# description: Deemed consent does not reach sensitive personal data, nor any personal data where the reading says so.
# custom:
#   articles: [art_21__para_4, art_1__para_1]
#   remedy: ask_coordination
#   reading: deemed_and_personal_data
package access.rules.deemed_over_sensitive_data

refer if {
	input.relation == "sharing"
	input.authority == "deemed"
	input.personal_data == "sensitive"
	data.readings.deemed_and_personal_data in {"not_sensitive_not_important", "no_personal_data"}
}

refer if {
	input.relation == "sharing"
	input.authority == "deemed"
	input.personal_data == "personal"
	data.readings.deemed_and_personal_data == "no_personal_data"
}
