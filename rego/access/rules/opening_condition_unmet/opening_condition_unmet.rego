# METADATA
# title: 有条件开放的公共数据,批准所附的安全保障条件未满足的,不予提供
# description: An applicant who has not met the safeguards that the approval asks for gets nothing.
# custom:
#   articles: [art_26__para_3, art_39__para_1__item_3]
#   remedy: correct_and_ask_lift
package access.rules.opening_condition_unmet

forbid if {
	input.relation == "opening"
	input.opening_class == "conditional"
	input.safeguards == "unmet"
}
