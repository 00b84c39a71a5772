# METADATA
# title: 批准所附的安全保障条件是否满足不明的,不能认定符合申请条件
# description: Where nobody can say whether the safeguards of the approval are met, they are not taken as met.
# custom:
#   articles: [art_26__para_3, art_39__para_1__item_3]
#   remedy: contact_observer
package access.rules.safeguards_unknown

doubt if {
	input.relation == "opening"
	input.opening_class == "conditional"
	input.safeguards == "unknown"
}
