package access.rules.staff_outside_duty_test

import data.access.facts
import data.access.rules.staff_outside_duty

test_staff_without_a_matching_duty_are_refused if {
	refused := {[relation, staff_duty] |
		some relation in facts.relation
		some staff_duty in facts.staff_duty
		staff_outside_duty.forbid with input as {"relation": relation, "staff_duty": staff_duty}
	}

	refused == {["own_use", "unmapped"], ["sharing", "unmapped"]}
}
