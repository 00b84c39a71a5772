# METADATA
# title: 单位和自然人获取相关公共数据的权限已暂时关闭的,在解除前不予提供
# description: A subject whose permission is closed by the competent body gets none of the related data.
# custom:
#   articles: [art_42__para_1]
#   remedy: correct_and_ask_lift
#   reading: sanction_exit
package access.rules.sanction_suspended

forbid if {
	input.relation == "opening"
	input.sanction == "suspended"
}
