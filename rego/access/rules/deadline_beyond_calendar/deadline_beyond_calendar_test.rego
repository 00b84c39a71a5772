package access.rules.deadline_beyond_calendar_test

import data.access.facts
import data.access.rules.deadline_beyond_calendar

test_a_term_beyond_the_calendar_is_not_decided if {
	doubted := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		deadline_beyond_calendar.doubt with input as {"relation": relation, "authority": authority}
	}

	doubted == {["sharing", "calendar_unknown"]}
}
