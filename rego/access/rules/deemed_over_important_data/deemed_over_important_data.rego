# METADATA
# title: 逾期未答复视为同意共享的,不当然及于重要数据
# description: Consent that is only deemed does not reach important data, unless the reading extends it to all data.
# custom:
#   articles: [art_21__para_4, art_1__para_1]
#   remedy: ask_coordination
#   reading: deemed_and_personal_data
package access.rules.deemed_over_important_data

refer if {
	input.relation == "sharing"
	input.authority == "deemed"
	input.grade == "important"
	data.readings.deemed_and_personal_data in {"not_sensitive_not_important", "no_personal_data"}
}
