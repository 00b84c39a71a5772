# METADATA
# title: 通过共享获取的公共数据,仅限于依法履职或者提供服务,不得超出申请时所明确的应用场景和使用范围,不得用于其他目的
# description: Whoever obtains shared data is bound to the purpose and scope stated.
# custom:
#   articles: [art_24__para_1]
package access.rules.purpose_bound

oblige if {
	input.relation == "sharing"
	input.operation != "query_catalogue"
}
