package access.rules.stale_data_test

import data.access.facts
import data.access.rules.stale_data

test_data_past_its_update_cycle_is_mentioned if {
	noted := {freshness |
		some freshness in facts.freshness
		stale_data.advise with input as {"freshness": freshness}
	}

	noted == {"overdue"}
}
