package access.rules.no_harm_test

import data.access.facts
import data.access.rules.no_harm

test_whoever_uses_opened_data_must_do_no_harm if {
	bound := {relation |
		some relation in facts.relation
		no_harm.oblige with input as {"relation": relation}
	}

	bound == {"opening"}
}
