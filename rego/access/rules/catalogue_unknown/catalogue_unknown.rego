# METADATA
# title: 公共数据目录的核定状态不明的,不能作为依据
# description: An entry whose state cannot be found out is no authority for a class.
# custom:
#   articles: [art_11__para_1]
#   remedy: ask_catalogue
#   reading: class_change
package access.rules.catalogue_unknown

doubt if {
	input.relation in {"sharing", "opening"}
	input.catalogue_state == "unknown"
}
