# METADATA
# title: 公共数据是否有不得开放的情形不明的,不能认定可以开放
# description: A ban that was never assessed may stand, so the data is not opened.
# custom:
#   articles: [art_27__para_1]
#   remedy: ask_classification
package access.rules.opening_ban_unknown

doubt if {
	input.relation == "opening"
	input.opening_ban_law == "unknown"
}

doubt if {
	input.relation == "opening"
	input.opening_ban_security == "unknown"
}

doubt if {
	input.relation == "opening"
	input.opening_ban_identity == "unknown"
}
