package access.rules.partial_not_enforceable_test

import data.access.facts
import data.access.rules.partial_not_enforceable

test_a_part_goes_only_to_those_who_can_filter if {
	refused := {[relation, field_coverage, enforcement] |
		some relation in facts.relation
		some field_coverage in facts.field_coverage
		some enforcement in facts.enforcement
		asked := {"relation": relation, "field_coverage": field_coverage, "enforcement": enforcement}
		partial_not_enforceable.forbid with input as asked
	}

	refused == {["sharing", "some", "unable"], ["sharing", "some", "undeclared"]}
}
