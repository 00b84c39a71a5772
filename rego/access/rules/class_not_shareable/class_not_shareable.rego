# METADATA
# title: 不符合共享要求的公共数据,不予共享
# description: Data classed as not shareable is not shared, and a missing basis for that class never turns this round.
# custom:
#   articles: [art_19__para_1, art_19__para_4]
#   remedy: ask_coordination
#   reading: not_shareable_without_basis
package access.rules.class_not_shareable

forbid if {
	input.relation == "sharing"
	input.sharing_class == "not_shareable"
}
