# METADATA
# title: 使用公共数据不得超出申请时所明确的使用范围,所定额度已用尽的,不予提供
# description: A quantity limit that the scope states is used up, so nothing more is provided.
# custom:
#   articles: [art_24__para_1, art_21__para_1]
#   remedy: ask_within_scope
package access.rules.quota_exceeded

forbid if {
	input.relation == "sharing"
	input.quota == "exceeded"
}
