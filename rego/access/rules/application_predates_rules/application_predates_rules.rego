# METADATA
# title: 本细则自印发之日起施行,施行前收到的申请不适用逾期视为同意
# description: An application from before the period of force starts no clock, so silence grants nothing.
# custom:
#   articles: [art_44__para_1]
#   remedy: apply_to_provider
package access.rules.application_predates_rules

forbid if {
	input.relation == "sharing"
	input.authority == "predates"
}
