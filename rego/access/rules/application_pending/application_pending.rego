# METADATA
# title: 申请尚待提供单位答复,且收到申请的5个工作日尚未届满的,不予提供
# description: While the answer is due and its term has not ended, the application grants nothing.
# custom:
#   articles: [art_21__para_1]
#   remedy: await_answer
#   reading: [end_of_day, working_day]
package access.rules.application_pending

forbid if {
	input.relation == "sharing"
	input.authority == "pending"
}
