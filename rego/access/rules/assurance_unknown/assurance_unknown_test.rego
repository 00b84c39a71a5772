package access.rules.assurance_unknown_test

import data.access.facts
import data.access.rules.assurance_unknown

test_authentication_of_unknown_strength_proves_nobody if {
	doubted := {[relation, assurance] |
		some relation in facts.relation
		some assurance in facts.assurance
		asked := {"relation": relation, "assurance": assurance}
		assurance_unknown.doubt with input as asked with data.readings as {"assurance_as_condition": "refuse"}
	}

	doubted == {["own_use", "unknown"], ["sharing", "unknown"]}
}

test_unknown_strength_is_no_doubt_where_it_is_only_advised if {
	doubted := {[relation, assurance] |
		some relation in facts.relation
		some assurance in facts.assurance
		asked := {"relation": relation, "assurance": assurance}
		assurance_unknown.doubt with input as asked with data.readings as {"assurance_as_condition": "advise"}
	}

	doubted == set()
}
