package access.rules.chain_registration_test

import data.access.facts
import data.access.rules.chain_registration

test_unconditional_data_is_asked_for_on_the_chain if {
	bound := {[relation, operation, sharing_class] |
		some relation in facts.relation
		some operation in facts.operation
		some sharing_class in facts.sharing_class
		asked := {"relation": relation, "operation": operation, "sharing_class": sharing_class}
		chain_registration.oblige with input as asked with data.readings as {"platform_path": "mandatory"}
	}

	bound == {
		["sharing", "obtain", "unconditional"],
		["sharing", "onward_supply", "unconditional"],
		["sharing", "onward_supply_lawful", "unconditional"],
		["sharing", "unknown", "unconditional"],
	}
}

test_nobody_is_bound_to_the_chain_where_it_is_only_advised if {
	bound := {[relation, operation, sharing_class] |
		some relation in facts.relation
		some operation in facts.operation
		some sharing_class in facts.sharing_class
		asked := {"relation": relation, "operation": operation, "sharing_class": sharing_class}
		chain_registration.oblige with input as asked with data.readings as {"platform_path": "advised"}
	}

	bound == set()
}
