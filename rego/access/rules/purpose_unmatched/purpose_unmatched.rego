# METADATA
# title: 所述用途无法对应到申请时所明确的应用场景的,不能认定在使用范围内
# description: A purpose that matches no scenario on record is neither inside nor outside.
# custom:
#   articles: [art_21__para_1, art_24__para_1]
#   remedy: state_purpose
package access.rules.purpose_unmatched

doubt if {
	input.relation == "sharing"
	input.purpose == "unknown"
}
