# METADATA
# title: 无条件开放的公共数据,依托市公共数据开放平台直接向所有单位和自然人提供
# description: Unconditional data asked for elsewhere is to be had on the city platform.
# custom:
#   articles: [art_26__para_2, art_31__para_1]
#   remedy: use_city_platform
package access.rules.unconditional_opening_off_platform

refer if {
	input.relation == "opening"
	input.opening_class == "unconditional"
	input.channel != "city_open_platform"
}
