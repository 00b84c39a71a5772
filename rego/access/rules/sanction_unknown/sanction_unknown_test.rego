package access.rules.sanction_unknown_test

import data.access.facts
import data.access.rules.sanction_unknown

test_an_unknown_sanction_is_not_decided if {
	doubted := {[relation, sanction] |
		some relation in facts.relation
		some sanction in facts.sanction
		sanction_unknown.doubt with input as {"relation": relation, "sanction": sanction}
	}

	doubted == {["opening", "not_applicable"], ["opening", "unknown"]}
}
