package access.rules.application_incomplete_test

import data.access.facts
import data.access.rules.application_incomplete

test_an_application_without_its_elements_grants_nothing if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		application_incomplete.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {["sharing", "incomplete"]}
}
