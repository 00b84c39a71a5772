# METADATA
# title: 不得开放的公共数据经脱敏、脱密等技术处理,未重新列为开放数据的,不得开放
# description: Treatment alone opens nothing; it takes a new act of listing.
# custom:
#   articles: [art_27__para_2]
#   remedy: ask_listing
#   reading: relisting_act
package access.rules.treated_not_relisted

forbid if {
	input.relation == "opening"
	input.treatment == "treated"
}
