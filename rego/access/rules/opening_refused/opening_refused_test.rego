package access.rules.opening_refused_test

import data.access.facts
import data.access.rules.opening_refused

test_an_application_for_opening_that_was_turned_down_grants_nothing if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		opening_refused.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {["opening", "refused"], ["opening", "refused_defectively"]}
}
