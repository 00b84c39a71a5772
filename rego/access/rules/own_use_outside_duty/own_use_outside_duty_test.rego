package access.rules.own_use_outside_duty_test

import data.access.facts
import data.access.rules.own_use_outside_duty

test_own_use_for_other_ends_is_refused if {
	refused := {[relation, purpose_kind] |
		some relation in facts.relation
		some purpose_kind in facts.purpose_kind
		own_use_outside_duty.forbid with input as {"relation": relation, "purpose_kind": purpose_kind}
	}

	refused == {["own_use", "other"]}
}
