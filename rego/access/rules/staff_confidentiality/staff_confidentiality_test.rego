package access.rules.staff_confidentiality_test

import data.access.facts
import data.access.rules.staff_confidentiality

test_bodies_and_their_staff_keep_what_they_know_secret if {
	bound := {relation |
		some relation in facts.relation
		staff_confidentiality.oblige with input as {"relation": relation}
	}

	bound == {"own_use", "sharing"}
}
