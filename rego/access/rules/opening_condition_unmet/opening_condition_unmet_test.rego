package access.rules.opening_condition_unmet_test

import data.access.facts
import data.access.rules.opening_condition_unmet

test_unmet_safeguards_are_refused if {
	refused := {[relation, opening_class, safeguards] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		some safeguards in facts.safeguards
		asked := {"relation": relation, "opening_class": opening_class, "safeguards": safeguards}
		opening_condition_unmet.forbid with input as asked
	}

	refused == {["opening", "conditional", "unmet"]}
}
