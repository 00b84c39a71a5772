# METADATA
# title: 能够推断或者识别特定自然人的公共数据,不得开放
# description: Data that singles out a natural person is opened only treated and listed again.
# custom:
#   articles: [art_27__para_1__item_3]
#   remedy: ask_listing
#   exceptions: {_relisted: art_27__para_2}
package access.rules.opening_banned_for_identity

forbid if {
	input.relation == "opening"
	input.opening_ban_identity == "yes"
	not _relisted
}

_relisted if input.treatment == "treated_and_relisted"
