# METADATA
# title: 通过共享获取的公共数据,不得向他人非法提供
# description: Whoever obtains shared data must not supply it to others without a basis.
# custom:
#   articles: [art_24__para_1]
package access.rules.no_onward_supply

oblige if {
	input.relation == "sharing"
	input.operation != "query_catalogue"
}
