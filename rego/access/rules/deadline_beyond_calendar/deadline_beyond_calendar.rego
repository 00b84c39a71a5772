# METADATA
# title: 收到申请的5个工作日是否届满超出已公布的工作日历的,不能认定视为同意
# description: A term that runs past the published calendar cannot be said to have ended.
# custom:
#   articles: [art_21__para_1, art_21__para_4]
#   remedy: ask_calendar
#   reading: working_day
package access.rules.deadline_beyond_calendar

doubt if {
	input.relation == "sharing"
	input.authority == "calendar_unknown"
}
