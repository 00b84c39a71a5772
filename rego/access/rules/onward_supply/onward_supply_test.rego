package access.rules.onward_supply_test

import data.access.facts
import data.access.rules.onward_supply

test_supply_to_others_without_a_basis_is_refused if {
	refused := {[relation, operation] |
		some relation in facts.relation
		some operation in facts.operation
		onward_supply.forbid with input as {"relation": relation, "operation": operation}
	}

	refused == {["sharing", "onward_supply"]}
}
