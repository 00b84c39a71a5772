# METADATA
# title: 申请应当明确应用场景和使用范围,未明确的,答复期限不起算
# description: An application that lacks scenario or scope starts no clock, so silence on it grants nothing.
# custom:
#   articles: [art_21__para_1]
#   remedy: complete_application
#   reading: incomplete_application
package access.rules.application_incomplete

forbid if {
	input.relation == "sharing"
	input.authority == "incomplete"
}
