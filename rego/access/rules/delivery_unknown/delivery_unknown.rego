# METADATA
# title: 利用财政资金采购的数据,提供方式不明的,不能认定以数据访问服务接口的形式提供
# description: Bought or possibly bought data in a form that nobody can name is not decided while the form matters.
# custom:
#   articles: [art_17__para_1]
#   remedy: use_api
#   reading: procured_delivery
package access.rules.delivery_unknown

doubt if {
	input.relation in {"sharing", "opening"}
	input.procured in {"filed", "unfiled", "unknown"}
	input.delivery == "unknown"
	data.readings.procured_delivery == "api_or_basis"
}

doubt if {
	input.relation in {"sharing", "opening"}
	input.operation != "query_catalogue"
	input.procured in {"filed", "unfiled", "unknown"}
	input.delivery == "not_applicable"
	data.readings.procured_delivery == "api_or_basis"
}
