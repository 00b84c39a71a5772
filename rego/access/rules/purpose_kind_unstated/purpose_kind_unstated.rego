# METADATA
# title: 公共数据仅限于依法履职或者提供服务,未说明属于哪一种的不能认定
# description: A use that does not say whether it is duty or service cannot be held within either.
# custom:
#   articles: [art_24__para_1, art_40__para_1]
#   remedy: state_purpose
package access.rules.purpose_kind_unstated

doubt if {
	input.relation in {"own_use", "sharing"}
	input.purpose_kind in {"unstated", "unknown"}
}

doubt if {
	input.relation in {"own_use", "sharing"}
	input.operation != "query_catalogue"
	input.purpose_kind == "not_applicable"
}
