# METADATA
# title: 有条件开放的申请,由提供单位在接受申请后进行反馈,尚无反馈的不予提供,没有视为同意
# description: Without the provider's feedback an application for opening grants nothing, however long it has waited.
# custom:
#   articles: [art_31__para_2]
#   remedy: await_answer
package access.rules.opening_unanswered

forbid if {
	input.relation == "opening"
	input.authority in {"pending", "deemed", "calendar_unknown", "predates"}
}
