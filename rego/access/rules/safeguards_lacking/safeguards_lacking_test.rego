package access.rules.safeguards_lacking_test

import data.access.facts
import data.access.rules.safeguards_lacking

test_missing_safeguards_are_mentioned if {
	noted := {[relation, safeguards] |
		some relation in facts.relation
		some safeguards in facts.safeguards
		safeguards_lacking.advise with input as {"relation": relation, "safeguards": safeguards}
	}

	noted == {["opening", "lacking"]}
}
