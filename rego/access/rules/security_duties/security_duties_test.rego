package access.rules.security_duties_test

import data.access.facts
import data.access.rules.security_duties

test_every_recipient_takes_on_the_security_duties if {
	bound := {relation |
		some relation in facts.relation
		security_duties.oblige with input as {"relation": relation}
	}

	bound == {"sharing", "opening"}
}
