# METADATA
# title: 无条件共享的公共数据,应当在区目录链登记本次申请,通过区大数据平台获取
# description: Unconditional data needs no answer by the provider, yet is asked for on the chain while it is mandatory.
# custom:
#   articles: [art_20__para_1]
#   reading: platform_path
package access.rules.chain_registration

oblige if {
	input.relation == "sharing"
	input.operation != "query_catalogue"
	input.sharing_class == "unconditional"
	data.readings.platform_path == "mandatory"
}
