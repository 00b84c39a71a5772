package access.rules.outside_scope_test

import data.access.facts
import data.access.rules.outside_scope

test_what_is_no_public_data_is_governed_elsewhere if {
	referred := {relation |
		some relation in facts.relation
		outside_scope.refer with input as {"relation": relation}
	}

	referred == {"outside"}
}
