package access.rules.assurance_insufficient_test

import data.access.facts
import data.access.rules.assurance_insufficient

test_weak_or_missing_authentication_is_refused if {
	refused := {[relation, assurance] |
		some relation in facts.relation
		some assurance in facts.assurance
		asked := {"relation": relation, "assurance": assurance}
		assurance_insufficient.forbid with input as asked with data.readings as {"assurance_as_condition": "refuse"}
	}

	refused == {
		["own_use", "insufficient"],
		["own_use", "unauthenticated"],
		["sharing", "insufficient"],
		["sharing", "unauthenticated"],
	}
}

test_weak_authentication_refuses_nobody_where_it_is_only_advised if {
	refused := {[relation, assurance] |
		some relation in facts.relation
		some assurance in facts.assurance
		asked := {"relation": relation, "assurance": assurance}
		assurance_insufficient.forbid with input as asked with data.readings as {"assurance_as_condition": "advise"}
	}

	refused == set()
}
