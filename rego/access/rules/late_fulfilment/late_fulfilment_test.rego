package access.rules.late_fulfilment_test

import data.access.facts
import data.access.rules.late_fulfilment

test_late_completion_is_reported if {
	noted := {fulfilment |
		some fulfilment in facts.fulfilment
		late_fulfilment.advise with input as {"fulfilment": fulfilment}
	}

	noted == {"late"}
}
