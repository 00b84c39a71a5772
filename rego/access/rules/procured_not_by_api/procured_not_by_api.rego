# METADATA
# title: 利用财政资金采购的数据,以提供数据访问服务接口的形式提供服务,不适宜提供接口的应当提供相应依据
# description: Bought data without a recorded basis for another form is refused in any form but an interface.
# custom:
#   articles: [art_17__para_1]
#   remedy: use_api
#   reading: procured_delivery
package access.rules.procured_not_by_api

forbid if {
	input.relation in {"sharing", "opening"}
	input.procured in {"filed", "unfiled"}
	input.delivery in {"bulk", "online_view"}
	data.readings.procured_delivery == "api_or_basis"
}
