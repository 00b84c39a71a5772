# METADATA
# title: 共享含个人信息的公共数据,核对采集时明示的目的、方式、范围与本次用途
# description: Personal data was collected for a stated purpose, so this use is checked against it.
# custom:
#   articles: [art_1__para_1, art_9__para_1]
#   reading: collection_consent
package access.rules.pipl_review

advise if {
	input.relation == "sharing"
	input.personal_data in {"personal", "sensitive"}
}
