package access.rules.access_recorded_test

import data.access.facts
import data.access.rules.access_recorded

test_every_access_under_this_instrument_is_recorded if {
	bound := {relation |
		some relation in facts.relation
		access_recorded.oblige with input as {"relation": relation}
	}

	bound == {"own_use", "sharing", "opening"}
}
