# METADATA
# title: 申请单位已撤回申请的,没有可供同意的申请
# description: A withdrawn application leaves nothing that could be agreed or deemed.
# custom:
#   articles: [art_21__para_1]
#   remedy: apply_to_provider
package access.rules.application_withdrawn

forbid if {
	input.relation == "sharing"
	input.authority == "withdrawn"
}
