package access.rules.ledger_stale_test

import data.access.facts
import data.access.rules.ledger_stale

test_a_stale_copy_decides_no_sharing_and_no_conditional_opening if {
	doubted := {[relation, opening_class, ledger_age] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		some ledger_age in facts.ledger_age
		asked := {"relation": relation, "opening_class": opening_class, "ledger_age": ledger_age}
		ledger_stale.doubt with input as asked
	}

	sharing := {["sharing", opening_class, "stale"] | some opening_class in facts.opening_class}
	doubted == sharing | {["opening", "conditional", "stale"]}
}
