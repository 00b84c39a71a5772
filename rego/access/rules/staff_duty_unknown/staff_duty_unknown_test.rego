package access.rules.staff_duty_unknown_test

import data.access.facts
import data.access.rules.staff_duty_unknown

test_unknown_duties_are_not_decided if {
	doubted := {[relation, staff_duty] |
		some relation in facts.relation
		some staff_duty in facts.staff_duty
		staff_duty_unknown.doubt with input as {"relation": relation, "staff_duty": staff_duty}
	}

	doubted == {
		["own_use", "not_applicable"],
		["own_use", "unknown"],
		["sharing", "not_applicable"],
		["sharing", "unknown"],
	}
}
