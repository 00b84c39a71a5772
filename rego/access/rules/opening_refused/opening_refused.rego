# METADATA
# title: 有条件开放的申请,经提供单位反馈未获同意的,不予提供
# description: An application for opening that was turned down grants nothing.
# custom:
#   articles: [art_31__para_2]
#   remedy: apply_by_city_rules
package access.rules.opening_refused

forbid if {
	input.relation == "opening"
	input.authority in {"refused", "refused_defectively"}
}
