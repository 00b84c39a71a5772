package access.rules.under_objection_test

import data.access.facts
import data.access.rules.under_objection

test_an_open_objection_to_shared_data_is_mentioned if {
	noted := {objection |
		some objection in facts.objection
		under_objection.advise with input as {"objection": objection}
	}

	noted == {"shared_open", "shared_extended", "shared_overdue"}
}
