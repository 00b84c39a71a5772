package access.rules.opening_authority_unknown_test

import data.access.facts
import data.access.rules.opening_authority_unknown

test_an_application_for_opening_of_unknown_state_is_not_decided if {
	doubted := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		opening_authority_unknown.doubt with input as {"relation": relation, "authority": authority}
	}

	doubted == {["opening", "unknown"]}
}
