# METADATA
# title: 公共数据发生变更、失效的应当及时更新,目录条目已注销的不能作为依据
# description: A retired entry no longer says anything about the data.
# custom:
#   articles: [art_16__para_1]
#   remedy: ask_catalogue
package access.rules.catalogue_entry_retired

doubt if {
	input.relation in {"sharing", "opening"}
	input.catalogue_state == "retired"
}
