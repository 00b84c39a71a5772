# METADATA
# title: 不符合开放要求的公共数据,不得开放
# description: Data classed as not openable is not opened to anyone.
# custom:
#   articles: [art_26__para_1, art_27__para_1]
#   remedy: ask_listing
package access.rules.class_not_openable

forbid if {
	input.relation == "opening"
	input.opening_class == "not_openable"
}
