# METADATA
# title: 受托方代公共机构处理公共数据,没有登记的委托的,不予提供
# description: A processor that calls for a public body is refused while no entrustment stands on record.
# custom:
#   articles: [art_40__para_1, art_39__para_1__item_1]
#   remedy: record_entrustment
package access.rules.entrustment_missing

forbid if {
	input.relation in {"own_use", "sharing"}
	input.entrustment == "missing"
}
