# METADATA
# title: 提供单位不同意共享,并作出说明、具有法定事因的,不予提供
# description: A refusal with explanation and statutory cause settles the application.
# custom:
#   articles: [art_21__para_3]
#   remedy: ask_coordination
package access.rules.application_refused

forbid if {
	input.relation == "sharing"
	input.authority == "refused"
}
