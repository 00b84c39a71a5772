# METADATA
# title: 是否已对接市级部门完成开放不明的,不能认定可以获取
# description: Where nobody can say whether the city platform carries the data, it is not taken as open.
# custom:
#   articles: [art_30__para_2]
#   remedy: use_city_platform
package access.rules.publication_unknown

doubt if {
	input.relation == "opening"
	input.publication == "unknown"
}

doubt if {
	input.relation == "opening"
	input.opening_class == "unconditional"
	input.publication == "not_applicable"
}
