package access.rules.application_pending_test

import data.access.facts
import data.access.rules.application_pending

test_an_application_that_awaits_its_answer_grants_nothing if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		application_pending.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {["sharing", "pending"]}
}
