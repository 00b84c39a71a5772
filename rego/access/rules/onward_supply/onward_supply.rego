# METADATA
# title: 通过共享获取的公共数据,不得向他人非法提供
# description: Supply to others without a recorded basis or the provider's consent is refused.
# custom:
#   articles: [art_24__para_1, art_40__para_1]
#   remedy: apply_to_provider
package access.rules.onward_supply

forbid if {
	input.relation == "sharing"
	input.operation == "onward_supply"
}
