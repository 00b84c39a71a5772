# METADATA
# title: 利用财政资金采购的数据,仅以数据访问服务接口的形式提供
# description: Bought data without a basis for another form is served as an interface, while the reading binds the form.
# custom:
#   articles: [art_17__para_1]
#   reading: procured_delivery
package access.rules.api_only

oblige if {
	input.relation in {"sharing", "opening"}
	input.procured in {"filed", "unfiled", "unknown"}
	data.readings.procured_delivery == "api_or_basis"
}
