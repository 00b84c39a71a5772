package access.rules.purpose_unstated_test

import data.access.facts
import data.access.rules.purpose_unstated

test_a_request_without_a_scenario_is_not_decided if {
	doubted := {[relation, operation, purpose] |
		some relation in facts.relation
		some operation in facts.operation
		some purpose in facts.purpose
		asked := {"relation": relation, "operation": operation, "purpose": purpose}
		purpose_unstated.doubt with input as asked
	}

	doubted == {
		["sharing", "obtain", "unstated"],
		["sharing", "obtain", "not_applicable"],
		["sharing", "onward_supply", "unstated"],
		["sharing", "onward_supply", "not_applicable"],
		["sharing", "onward_supply_lawful", "unstated"],
		["sharing", "onward_supply_lawful", "not_applicable"],
		["sharing", "unknown", "unstated"],
		["sharing", "unknown", "not_applicable"],
	}
}
