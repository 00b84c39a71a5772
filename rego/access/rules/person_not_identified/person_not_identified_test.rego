package access.rules.person_not_identified_test

import data.access.facts
import data.access.rules.person_not_identified

test_nobody_in_particular_is_not_within_duty if {
	doubted := {[relation, staff_duty] |
		some relation in facts.relation
		some staff_duty in facts.staff_duty
		person_not_identified.doubt with input as {"relation": relation, "staff_duty": staff_duty}
	}

	doubted == {["own_use", "no_person"], ["sharing", "no_person"]}
}
