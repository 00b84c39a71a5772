# METADATA
# title: 未见采取相应的技术措施和其他必要措施的,供有权处置的公共机构判断
# description: Missing safeguards that no approval made a condition are mentioned to the body that may act.
# custom:
#   articles: [art_39__para_1__item_3]
package access.rules.safeguards_lacking

advise if {
	input.relation == "opening"
	input.safeguards == "lacking"
}
