package access.rules.no_onward_supply_test

import data.access.facts
import data.access.rules.no_onward_supply

test_whoever_obtains_shared_data_keeps_it if {
	bound := {[relation, operation] |
		some relation in facts.relation
		some operation in facts.operation
		no_onward_supply.oblige with input as {"relation": relation, "operation": operation}
	}

	bound == {
		["sharing", "obtain"],
		["sharing", "onward_supply"],
		["sharing", "onward_supply_lawful"],
		["sharing", "unknown"],
	}
}
