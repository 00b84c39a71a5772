# METADATA
# title: 是否已依法进行脱敏、脱密等技术处理不明的,不能认定符合开放条件
# description: Where nobody can say how the data was treated, nobody can say that it may be opened.
# custom:
#   articles: [art_27__para_2]
#   remedy: ask_listing
package access.rules.treatment_unknown

doubt if {
	input.relation == "opening"
	input.treatment == "unknown"
}
