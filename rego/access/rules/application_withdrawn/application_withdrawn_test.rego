package access.rules.application_withdrawn_test

import data.access.facts
import data.access.rules.application_withdrawn

test_a_withdrawn_application_grants_nothing if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		application_withdrawn.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {["sharing", "withdrawn"]}
}
