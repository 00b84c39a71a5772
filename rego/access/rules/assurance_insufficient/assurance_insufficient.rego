# METADATA
# title: 调用方的认证强度未达到统一身份认证要求的,不予提供
# description: A body whose caller is authenticated too weakly gets nothing where authentication is a condition.
# custom:
#   articles: [art_38__para_2]
#   remedy: raise_assurance
#   reading: assurance_as_condition
package access.rules.assurance_insufficient

forbid if {
	input.relation in {"own_use", "sharing"}
	input.assurance in {"insufficient", "unauthenticated"}
	data.readings.assurance_as_condition == "refuse"
}
