package access.rules.outside_period_of_force_test

import data.access.facts
import data.access.rules.outside_period_of_force

test_an_instant_outside_the_period_of_force_is_governed_elsewhere if {
	referred := {in_force |
		some in_force in facts.in_force
		outside_period_of_force.refer with input as {"in_force": in_force}
	}

	referred == {"not_yet", "ended"}
}
