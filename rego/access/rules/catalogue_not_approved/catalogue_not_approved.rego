# METADATA
# title: 公共数据目录由区科技和信息化局(区大数据局)会同相关单位核定,未经核定的不能作为依据
# description: An entry that was not approved is no authority for a class.
# custom:
#   articles: [art_11__para_1]
#   remedy: ask_catalogue
#   reading: class_change
package access.rules.catalogue_not_approved

doubt if {
	input.relation in {"sharing", "opening"}
	input.catalogue_state == "not_approved"
}
