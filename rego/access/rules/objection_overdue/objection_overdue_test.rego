package access.rules.objection_overdue_test

import data.access.facts
import data.access.rules.objection_overdue

test_an_overdue_objection_is_reported if {
	noted := {objection |
		some objection in facts.objection
		objection_overdue.advise with input as {"objection": objection}
	}

	noted == {"shared_overdue"}
}
