# METADATA
# title: 对通过共享获取的公共数据存在异议的,应当及时告知提供单位,并同时向区科技和信息化局(区大数据局)备案
# description: Whoever obtains shared data and finds it wrong tells the provider and files with the regulator at once.
# custom:
#   articles: [art_25__para_1, art_25__para_2]
package access.rules.objection_route

oblige if {
	input.relation == "sharing"
	input.operation != "query_catalogue"
}
