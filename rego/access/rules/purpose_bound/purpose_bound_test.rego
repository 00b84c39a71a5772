package access.rules.purpose_bound_test

import data.access.facts
import data.access.rules.purpose_bound

test_whoever_obtains_shared_data_is_bound_to_its_purpose if {
	bound := {[relation, operation] |
		some relation in facts.relation
		some operation in facts.operation
		purpose_bound.oblige with input as {"relation": relation, "operation": operation}
	}

	bound == {
		["sharing", "obtain"],
		["sharing", "onward_supply"],
		["sharing", "onward_supply_lawful"],
		["sharing", "unknown"],
	}
}
