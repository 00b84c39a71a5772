package access.rules.dispute_recorded_test

import data.access.facts
import data.access.rules.dispute_recorded

test_a_dispute_before_the_regulator_is_mentioned if {
	noted := {coordination |
		some coordination in facts.coordination
		dispute_recorded.advise with input as {"coordination": coordination}
	}

	noted == {"open", "concluded"}
}
