# METADATA
# title: 代公共机构处理公共数据的委托关系不明的,不能认定其在履职的范围内
# description: Where nobody can say whether the processor is entrusted, it is not served.
# custom:
#   articles: [art_40__para_1]
#   remedy: record_entrustment
package access.rules.entrustment_unknown

doubt if {
	input.relation in {"own_use", "sharing"}
	input.entrustment == "unknown"
}
