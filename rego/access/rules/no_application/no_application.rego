# METADATA
# title: 有条件共享的公共数据,经申请提供,未向提供单位提出申请的,不予提供
# description: Conditional data is obtained on an application only, so without one it is refused.
# custom:
#   articles: [art_19__para_3, art_21__para_1]
#   remedy: apply_to_provider
package access.rules.no_application

forbid if {
	input.relation == "sharing"
	input.operation != "query_catalogue"
	input.sharing_class == "conditional"
	input.authority in {"none", "not_needed"}
}
