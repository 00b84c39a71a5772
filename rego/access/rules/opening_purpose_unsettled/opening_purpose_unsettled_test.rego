package access.rules.opening_purpose_unsettled_test

import data.access.facts
import data.access.rules.opening_purpose_unsettled

test_a_purpose_that_matches_no_approval_is_not_decided if {
	doubted := {[relation, authority, purpose] |
		some relation in facts.relation
		some authority in facts.authority
		some purpose in facts.purpose
		asked := {"relation": relation, "authority": authority, "purpose": purpose}
		opening_purpose_unsettled.doubt with input as asked
	}

	doubted == {
		["opening", "agreed", "unstated"],
		["opening", "agreed", "unknown"],
		["opening", "agreed", "not_applicable"],
		["opening", "agreed_in_part", "unstated"],
		["opening", "agreed_in_part", "unknown"],
		["opening", "agreed_in_part", "not_applicable"],
	}
}
