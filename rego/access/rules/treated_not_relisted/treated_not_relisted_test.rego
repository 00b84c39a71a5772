package access.rules.treated_not_relisted_test

import data.access.facts
import data.access.rules.treated_not_relisted

test_treatment_without_a_new_listing_opens_nothing if {
	refused := {[relation, treatment] |
		some relation in facts.relation
		some treatment in facts.treatment
		treated_not_relisted.forbid with input as {"relation": relation, "treatment": treatment}
	}

	refused == {["opening", "treated"]}
}
