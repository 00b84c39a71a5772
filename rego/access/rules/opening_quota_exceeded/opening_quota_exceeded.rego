# METADATA
# title: 有条件开放的公共数据,批准的额度已用尽的,不予提供
# description: A quantity limit that the approval states is used up, so nothing more is provided.
# custom:
#   articles: [art_26__para_3, art_42__para_1__item_1]
#   remedy: ask_within_scope
package access.rules.opening_quota_exceeded

forbid if {
	input.relation == "opening"
	input.quota == "exceeded"
}
