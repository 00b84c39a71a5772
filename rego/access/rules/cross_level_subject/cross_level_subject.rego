# METADATA
# title: 跨级、跨区的主体不是本区公共机构,其需求经市、区两级对接办理
# description: A body of the city or of another district is none of this one, so its request goes between the levels.
# custom:
#   articles: [art_2__para_1, art_15__para_2]
#   remedy: other_regime
#   reading: cross_level_consumers
package access.rules.cross_level_subject

refer if {
	input.relation == "cross_level"
	data.readings.cross_level_consumers == "refer"
}
