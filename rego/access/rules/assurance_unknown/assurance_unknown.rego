# METADATA
# title: 调用方的认证强度不明的,不能认定达到统一身份认证要求
# description: Authentication of unknown strength proves nobody, where unified authentication is a condition of access.
# custom:
#   articles: [art_38__para_2]
#   remedy: raise_assurance
#   reading: assurance_as_condition
package access.rules.assurance_unknown

doubt if {
	input.relation in {"own_use", "sharing"}
	input.assurance == "unknown"
	data.readings.assurance_as_condition == "refuse"
}
