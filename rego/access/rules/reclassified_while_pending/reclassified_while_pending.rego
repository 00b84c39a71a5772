# METADATA
# title: 申请待答复期间数据改列为不符合共享要求的,提请区科技和信息化局(区大数据局)关注
# description: A stricter class given while an application was waiting is reported to the regulator.
# custom:
#   articles: [art_22__para_1, art_23__para_1]
package access.rules.reclassified_while_pending

advise if {
	input.relation == "sharing"
	input.authority == "void_while_pending"
}
