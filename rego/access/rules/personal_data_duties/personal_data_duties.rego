# METADATA
# title: 使用含个人信息的公共数据,应当依照法律法规规定的条件和程序,限于最小必要,依法评估并留存记录
# description: Data that is or may be personal is used at the necessary minimum, with assessment and records.
# custom:
#   articles: [art_40__para_1, art_1__para_1]
package access.rules.personal_data_duties

oblige if {
	input.relation in {"own_use", "sharing"}
	input.personal_data != "none"
}
