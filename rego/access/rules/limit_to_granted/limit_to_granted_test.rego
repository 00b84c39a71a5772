package access.rules.limit_to_granted_test

import data.access.facts
import data.access.rules.limit_to_granted

test_a_part_is_served_as_that_part_only if {
	bound := {[relation, field_coverage] |
		some relation in facts.relation
		some field_coverage in facts.field_coverage
		limit_to_granted.oblige with input as {"relation": relation, "field_coverage": field_coverage}
	}

	bound == {["sharing", "some"]}
}
