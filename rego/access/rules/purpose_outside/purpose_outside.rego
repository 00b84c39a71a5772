# METADATA
# title: 通过共享获取的公共数据,不得超出申请时所明确的应用场景和使用范围
# description: A scenario that is not the one stated when applying is refused, however lawful it is in itself.
# custom:
#   articles: [art_24__para_1]
#   remedy: ask_within_scope
package access.rules.purpose_outside

forbid if {
	input.relation == "sharing"
	input.purpose == "outside"
}
