# METADATA
# title: 本区依托全市统一的公共数据开放平台开放公共数据,已从该平台撤下的,不再提供
# description: Data taken off the city platform is no longer opened.
# custom:
#   articles: [art_26__para_4]
#   remedy: use_city_platform
package access.rules.opening_withdrawn

forbid if {
	input.relation == "opening"
	input.publication == "withdrawn"
}
