package access.rules.sanction_suspended_test

import data.access.facts
import data.access.rules.sanction_suspended

test_a_suspended_subject_gets_nothing_related if {
	refused := {[relation, sanction] |
		some relation in facts.relation
		some sanction in facts.sanction
		sanction_suspended.forbid with input as {"relation": relation, "sanction": sanction}
	}

	refused == {["opening", "suspended"]}
}
