package access.rules.duty_unfounded_test

import data.access.facts
import data.access.rules.duty_unfounded

test_a_duty_without_recorded_basis_founds_nothing if {
	refused := {[relation, purpose_kind] |
		some relation in facts.relation
		some purpose_kind in facts.purpose_kind
		duty_unfounded.forbid with input as {"relation": relation, "purpose_kind": purpose_kind}
	}

	refused == {["own_use", "unfounded"], ["sharing", "unfounded"]}
}
