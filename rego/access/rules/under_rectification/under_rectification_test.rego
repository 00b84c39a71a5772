package access.rules.under_rectification_test

import data.access.facts
import data.access.rules.under_rectification

test_an_order_to_rectify_is_mentioned if {
	noted := {rectification |
		some rectification in facts.rectification
		under_rectification.advise with input as {"rectification": rectification}
	}

	noted == {"ordered", "overdue"}
}
