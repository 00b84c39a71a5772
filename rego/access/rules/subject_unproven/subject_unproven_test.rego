package access.rules.subject_unproven_test

import data.access.facts
import data.access.rules.subject_unproven

test_nobody_is_somebody_without_proof if {
	doubted := {[relation, assurance] |
		some relation in facts.relation
		some assurance in facts.assurance
		asked := {"relation": relation, "assurance": assurance}
		subject_unproven.doubt with input as asked
	}

	doubted == {["unresolved", "unauthenticated"]}
}
