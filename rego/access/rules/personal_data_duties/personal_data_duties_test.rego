package access.rules.personal_data_duties_test

import data.access.facts
import data.access.rules.personal_data_duties

test_all_but_data_free_of_personal_information_binds if {
	bound := {[relation, personal_data] |
		some relation in facts.relation
		some personal_data in facts.personal_data
		personal_data_duties.oblige with input as {"relation": relation, "personal_data": personal_data}
	}

	bound == {
		["own_use", "personal"],
		["own_use", "sensitive"],
		["own_use", "unknown"],
		["sharing", "personal"],
		["sharing", "sensitive"],
		["sharing", "unknown"],
	}
}
