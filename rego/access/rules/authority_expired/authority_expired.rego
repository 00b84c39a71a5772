# METADATA
# title: 使用公共数据不得超出申请时所明确的使用范围,所定期限已届满的,不予提供
# description: A grant ends with the term that its scope states.
# custom:
#   articles: [art_24__para_1]
#   remedy: apply_to_provider
package access.rules.authority_expired

forbid if {
	input.relation == "sharing"
	input.authority == "expired"
}
