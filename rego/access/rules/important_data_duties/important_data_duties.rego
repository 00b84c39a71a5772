# METADATA
# title: 公共机构应当对公共数据进行分级,使用重要数据的落实相应安全防护措施
# description: Whoever receives important data takes the protective measures of its grade.
# custom:
#   articles: [art_38__para_1]
package access.rules.important_data_duties

oblige if {
	input.relation in {"sharing", "opening"}
	input.grade == "important"
}
