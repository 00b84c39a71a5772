package access.rules.opening_fields_outside_test

import data.access.facts
import data.access.rules.opening_fields_outside

test_a_request_wholly_outside_the_approval_is_refused if {
	refused := {[relation, field_coverage] |
		some relation in facts.relation
		some field_coverage in facts.field_coverage
		opening_fields_outside.forbid with input as {"relation": relation, "field_coverage": field_coverage}
	}

	refused == {["opening", "none"]}
}
