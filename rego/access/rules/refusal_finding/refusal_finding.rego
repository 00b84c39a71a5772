# METADATA
# title: 不同意共享而未作出说明或者没有法定事因的,供督促限期整改时参考
# description: A refusal without explanation or statutory cause is reported for supervision.
# custom:
#   articles: [art_41__para_1__item_5]
package access.rules.refusal_finding

advise if {
	input.relation == "sharing"
	input.authority == "refused_defectively"
}
