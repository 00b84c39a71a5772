# METADATA
# title: 所请求的内容与批准的范围无法比对的,不能认定在批准范围内
# description: A request that cannot be compared with the approval, or an approval without extent, is not decided.
# custom:
#   articles: [art_26__para_3]
#   remedy: contact_observer
package access.rules.opening_fields_unknown

doubt if {
	input.relation == "opening"
	input.field_coverage == "unknown"
}

doubt if {
	input.relation == "opening"
	input.authority in {"agreed", "agreed_in_part"}
	input.field_coverage == "not_applicable"
}
