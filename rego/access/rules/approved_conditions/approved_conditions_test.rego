package access.rules.approved_conditions_test

import data.access.facts
import data.access.rules.approved_conditions

test_whoever_uses_conditionally_opened_data_keeps_its_conditions if {
	bound := {[relation, opening_class] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		approved_conditions.oblige with input as {"relation": relation, "opening_class": opening_class}
	}

	bound == {["opening", "conditional"]}
}
