package access.rules.sanction_terminated_test

import data.access.facts
import data.access.rules.sanction_terminated

test_a_terminated_subject_gets_nothing_related if {
	refused := {[relation, sanction] |
		some relation in facts.relation
		some sanction in facts.sanction
		sanction_terminated.forbid with input as {"relation": relation, "sanction": sanction}
	}

	refused == {["opening", "terminated"]}
}
