package access.rules.onward_supply_redirected_test

import data.access.facts
import data.access.rules.onward_supply_redirected

test_passing_on_is_a_new_sharing_or_opening if {
	referred := {[relation, operation] |
		some relation in facts.relation
		some operation in facts.operation
		asked := {"relation": relation, "operation": operation}
		onward_supply_redirected.refer with input as asked with data.readings as {"onward_open_data": "refer"}
	}

	referred == {
		["own_use", "onward_supply"],
		["own_use", "onward_supply_lawful"],
		["opening", "onward_supply"],
		["opening", "onward_supply_lawful"],
	}
}

test_opened_data_may_be_passed_on_where_the_reading_allows_it if {
	referred := {[relation, operation] |
		some relation in facts.relation
		some operation in facts.operation
		asked := {"relation": relation, "operation": operation}
		onward_supply_redirected.refer with input as asked with data.readings as {"onward_open_data": "allowed"}
	}

	referred == {["own_use", "onward_supply"], ["own_use", "onward_supply_lawful"]}
}
