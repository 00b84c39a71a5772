# METADATA
# title: 通过共享获取公共数据应当在明确的应用场景和使用范围内,未说明应用场景的不能认定
# description: A request without a scenario cannot be held within one.
# custom:
#   articles: [art_24__para_1]
#   remedy: state_purpose
package access.rules.purpose_unstated

doubt if {
	input.relation == "sharing"
	input.operation != "query_catalogue"
	input.purpose in {"unstated", "not_applicable"}
}
