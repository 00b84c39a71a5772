package access.rules.purpose_other_test

import data.access.facts
import data.access.rules.purpose_other

test_other_ends_than_duty_and_service_are_refused if {
	refused := {[relation, purpose_kind] |
		some relation in facts.relation
		some purpose_kind in facts.purpose_kind
		purpose_other.forbid with input as {"relation": relation, "purpose_kind": purpose_kind}
	}

	refused == {["sharing", "other"]}
}
