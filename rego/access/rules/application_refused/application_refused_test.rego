package access.rules.application_refused_test

import data.access.facts
import data.access.rules.application_refused

test_a_founded_refusal_settles_the_application if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		application_refused.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {["sharing", "refused"]}
}
