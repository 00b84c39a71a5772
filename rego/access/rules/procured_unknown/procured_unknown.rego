# METADATA
# title: 是否利用财政资金采购不明的数据,不以数据访问服务接口的形式提供的,不能认定可以提供
# description: Data that may have been bought is not decided in any form but an interface, while the form matters.
# custom:
#   articles: [art_17__para_1]
#   remedy: use_api
#   reading: procured_delivery
package access.rules.procured_unknown

doubt if {
	input.relation in {"sharing", "opening"}
	input.procured == "unknown"
	input.delivery in {"bulk", "online_view"}
	data.readings.procured_delivery == "api_or_basis"
}
