package access.rules.authority_unknown_test

import data.access.facts
import data.access.rules.authority_unknown

test_an_application_of_unknown_state_is_not_decided if {
	doubted := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		authority_unknown.doubt with input as {"relation": relation, "authority": authority}
	}

	doubted == {["sharing", "unknown"]}
}
