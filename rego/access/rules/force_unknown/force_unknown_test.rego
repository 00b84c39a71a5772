package access.rules.force_unknown_test

import data.access.facts
import data.access.rules.force_unknown

test_an_unknown_state_of_force_leaves_everything_open if {
	doubted := {in_force |
		some in_force in facts.in_force
		force_unknown.doubt with input as {"in_force": in_force}
	}

	doubted == {"unknown"}
}
