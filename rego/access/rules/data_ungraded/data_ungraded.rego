# METADATA
# title: 公共数据应当按照数据分类分级要求进行分级,未分级的不能认定应有的安全防护
# description: Data that nobody has graded waits for its grade while the reading makes that a doubt.
# custom:
#   articles: [art_38__para_1]
#   remedy: ask_classification
#   reading: ungraded_data
package access.rules.data_ungraded

doubt if {
	input.relation in {"sharing", "opening"}
	input.grade == "ungraded"
	data.readings.ungraded_data == "doubt"
}
