# METADATA
# title: 公共机构应当编制全量、规范的数据目录,未入目录的数据不能认定共享、开放属性
# description: Data without a catalogue entry has no class that could decide.
# custom:
#   articles: [art_11__para_1]
#   remedy: ask_catalogue
#   reading: class_change
package access.rules.catalogue_entry_missing

doubt if {
	input.relation in {"sharing", "opening"}
	input.catalogue_state == "uncatalogued"
}
