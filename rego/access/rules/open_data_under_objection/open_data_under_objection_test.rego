package access.rules.open_data_under_objection_test

import data.access.facts
import data.access.rules.open_data_under_objection

test_an_objection_to_opened_data_is_mentioned if {
	noted := {objection |
		some objection in facts.objection
		open_data_under_objection.advise with input as {"objection": objection}
	}

	noted == {"open_data"}
}
