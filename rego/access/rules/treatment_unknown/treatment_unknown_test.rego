package access.rules.treatment_unknown_test

import data.access.facts
import data.access.rules.treatment_unknown

test_an_unknown_treatment_is_not_decided if {
	doubted := {[relation, treatment] |
		some relation in facts.relation
		some treatment in facts.treatment
		treatment_unknown.doubt with input as {"relation": relation, "treatment": treatment}
	}

	doubted == {["opening", "unknown"]}
}
