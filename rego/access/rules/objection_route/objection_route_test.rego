package access.rules.objection_route_test

import data.access.facts
import data.access.rules.objection_route

test_whoever_obtains_shared_data_reports_what_is_wrong if {
	bound := {[relation, operation] |
		some relation in facts.relation
		some operation in facts.operation
		objection_route.oblige with input as {"relation": relation, "operation": operation}
	}

	bound == {
		["sharing", "obtain"],
		["sharing", "onward_supply"],
		["sharing", "onward_supply_lawful"],
		["sharing", "unknown"],
	}
}
