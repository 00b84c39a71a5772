package access.rules.safeguards_unknown_test

import data.access.facts
import data.access.rules.safeguards_unknown

test_unknown_safeguards_are_not_decided if {
	doubted := {[relation, opening_class, safeguards] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		some safeguards in facts.safeguards
		asked := {"relation": relation, "opening_class": opening_class, "safeguards": safeguards}
		safeguards_unknown.doubt with input as asked
	}

	doubted == {["opening", "conditional", "unknown"]}
}
