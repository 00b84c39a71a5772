package access.rules.purpose_outside_test

import data.access.facts
import data.access.rules.purpose_outside

test_a_scenario_that_was_not_applied_for_is_refused if {
	refused := {[relation, purpose] |
		some relation in facts.relation
		some purpose in facts.purpose
		purpose_outside.forbid with input as {"relation": relation, "purpose": purpose}
	}

	refused == {["sharing", "outside"]}
}
