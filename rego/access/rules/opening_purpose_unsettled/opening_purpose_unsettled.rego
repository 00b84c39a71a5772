# METADATA
# title: 所述用途未对应到批准的条件的,不能认定符合申请条件
# description: A purpose that matches nothing in the approval is neither inside nor outside.
# custom:
#   articles: [art_26__para_3]
#   remedy: state_purpose
package access.rules.opening_purpose_unsettled

doubt if {
	input.relation == "opening"
	input.authority in {"agreed", "agreed_in_part"}
	input.purpose in {"unstated", "unknown", "not_applicable"}
}
