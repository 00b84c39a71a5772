package access.rules.fields_outside_scope_test

import data.access.facts
import data.access.rules.fields_outside_scope

test_a_request_wholly_outside_the_grant_is_refused if {
	refused := {[relation, field_coverage] |
		some relation in facts.relation
		some field_coverage in facts.field_coverage
		fields_outside_scope.forbid with input as {"relation": relation, "field_coverage": field_coverage}
	}

	refused == {["sharing", "none"]}
}
