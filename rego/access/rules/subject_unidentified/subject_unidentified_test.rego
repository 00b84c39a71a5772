package access.rules.subject_unidentified_test

import data.access.facts
import data.access.rules.subject_unidentified

test_a_subject_that_nobody_has_identified_is_not_decided if {
	doubted := {[relation, opening_class, assurance, sanction] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		some assurance in facts.assurance
		some sanction in facts.sanction
		asked := {"relation": relation, "opening_class": opening_class, "assurance": assurance, "sanction": sanction}
		subject_unidentified.doubt with input as asked
	}

	doubted == {["opening", "conditional", "sufficient", "anonymous"]} | {["opening", "conditional", assurance, sanction] |
		some assurance in {"insufficient", "unauthenticated", "unknown"}
		some sanction in facts.sanction
	}
}
