# METADATA
# title: 所请求的内容与申请时所明确的使用范围无法比对的,不能认定在使用范围内
# description: A request that cannot be compared with the grant, or a grant that states no extent, is not decided.
# custom:
#   articles: [art_21__para_1, art_24__para_1]
#   remedy: contact_observer
package access.rules.field_coverage_unknown

doubt if {
	input.relation == "sharing"
	input.field_coverage == "unknown"
}

doubt if {
	input.relation == "sharing"
	input.authority in {"agreed", "agreed_in_part", "deemed"}
	input.field_coverage == "not_applicable"
}
