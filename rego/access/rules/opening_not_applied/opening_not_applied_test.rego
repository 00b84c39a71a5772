package access.rules.opening_not_applied_test

import data.access.facts
import data.access.rules.opening_not_applied

test_conditional_data_is_applied_for_by_the_city_s_rules if {
	referred := {[relation, opening_class, authority] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		some authority in facts.authority
		asked := {"relation": relation, "opening_class": opening_class, "authority": authority}
		opening_not_applied.refer with input as asked
	}

	referred == {
		["opening", "conditional", "not_needed"],
		["opening", "conditional", "none"],
		["opening", "conditional", "incomplete"],
		["opening", "conditional", "withdrawn"],
	}
}
