# METADATA
# title: 有条件开放的公共数据,不得超出批准的范围使用
# description: A purpose that the approval does not cover is refused; the request is an attempt and no misuse yet.
# custom:
#   articles: [art_26__para_3, art_42__para_1__item_1]
#   remedy: ask_within_scope
package access.rules.opening_purpose_outside

forbid if {
	input.relation == "opening"
	input.authority in {"agreed", "agreed_in_part"}
	input.purpose == "outside"
}
