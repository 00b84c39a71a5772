# METADATA
# title: 有条件共享的公共数据,经申请向因依法履职需要的公共机构提供,仅为提供服务的不予提供
# description: Conditional data goes to bodies that need it for a duty, so service alone does not make a body eligible.
# custom:
#   articles: [art_19__para_3]
#   remedy: show_duty_basis
#   reading: service_only_need
package access.rules.duty_need_missing

forbid if {
	input.relation == "sharing"
	input.sharing_class == "conditional"
	input.purpose_kind == "service_only"
	data.readings.service_only_need == "duty_needed"
}
