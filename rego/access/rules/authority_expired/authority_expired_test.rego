package access.rules.authority_expired_test

import data.access.facts
import data.access.rules.authority_expired

test_a_grant_ends_with_its_term if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		authority_expired.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {["sharing", "expired"]}
}
