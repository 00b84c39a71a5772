package access.rules.purpose_unmatched_test

import data.access.facts
import data.access.rules.purpose_unmatched

test_a_purpose_that_matches_no_scenario_is_not_decided if {
	doubted := {[relation, purpose] |
		some relation in facts.relation
		some purpose in facts.purpose
		purpose_unmatched.doubt with input as {"relation": relation, "purpose": purpose}
	}

	doubted == {["sharing", "unknown"]}
}
