# METADATA
# title: 受托方仅按委托处理公共数据,不得留存、使用、泄露或者向他人提供
# description: A recorded processor acts within its entrustment and keeps nothing for itself.
# custom:
#   articles: [art_40__para_1]
package access.rules.entrusted_processing

oblige if {
	input.relation in {"own_use", "sharing"}
	input.entrustment == "recorded"
}
