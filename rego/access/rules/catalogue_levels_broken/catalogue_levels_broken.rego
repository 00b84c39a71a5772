# METADATA
# title: 区目录链对四级目录进行统一管控,四级目录未贯通的不能定位到所请求的数据
# description: An object that does not resolve through all four levels of the catalogue cannot be told apart.
# custom:
#   articles: [art_3__para_3]
#   remedy: ask_catalogue
package access.rules.catalogue_levels_broken

doubt if {
	input.relation in {"sharing", "opening"}
	input.catalogue_state == "unmapped"
}
