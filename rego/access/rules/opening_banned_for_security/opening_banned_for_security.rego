# METADATA
# title: 开放后可能危及国家安全、公共安全、经济安全或社会稳定的公共数据,不得开放
# description: Data whose opening may endanger security or stability is opened only treated and listed again.
# custom:
#   articles: [art_27__para_1__item_2]
#   remedy: ask_listing
#   exceptions: {_relisted: art_27__para_2}
package access.rules.opening_banned_for_security

forbid if {
	input.relation == "opening"
	input.opening_ban_security == "yes"
	not _relisted
}

_relisted if input.treatment == "treated_and_relisted"
