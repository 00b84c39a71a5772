# METADATA
# title: 提供单位不同意共享而未作出说明或者没有法定事因的,不属于逾期未答复,有争议的由区科技和信息化局(区大数据局)协调处理
# description: A refusal without explanation or cause is still an answer, so nothing is deemed.
# custom:
#   articles: [art_21__para_3, art_22__para_1]
#   remedy: ask_coordination
package access.rules.refusal_defective

forbid if {
	input.relation == "sharing"
	input.authority == "refused_defectively"
}
