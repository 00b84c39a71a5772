# METADATA
# title: 有条件开放的公共数据,通过公共数据开放创新基地、数据专区、数据服务窗口、移动政务服务门户等载体提供
# description: Conditional data asked for elsewhere is to be had through the carrier that the approval names.
# custom:
#   articles: [art_26__para_3]
#   remedy: use_carrier
package access.rules.conditional_opening_off_carrier

refer if {
	input.relation == "opening"
	input.opening_class == "conditional"
	input.channel != "approved_carrier"
}
