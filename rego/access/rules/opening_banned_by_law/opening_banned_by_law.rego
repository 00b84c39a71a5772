# METADATA
# title: 法律法规等明确要求禁止开放的公共数据,不得开放
# description: A ban by law stands, treated and listed or not, unless that law itself allows the treated form.
# custom:
#   articles: [art_27__para_1__item_1, art_27__para_2]
#   remedy: ask_listing
#   exceptions: {_relisted: art_27__para_2}
package access.rules.opening_banned_by_law

forbid if {
	input.relation == "opening"
	input.opening_ban_law == "yes"
}

forbid if {
	input.relation == "opening"
	input.opening_ban_law == "carved_out"
	not _relisted
}

_relisted if input.treatment == "treated_and_relisted"
