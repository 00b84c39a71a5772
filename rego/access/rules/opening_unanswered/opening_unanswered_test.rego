package access.rules.opening_unanswered_test

import data.access.facts
import data.access.rules.opening_unanswered

test_silence_on_an_application_for_opening_grants_nothing if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		opening_unanswered.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {
		["opening", "pending"],
		["opening", "deemed"],
		["opening", "calendar_unknown"],
		["opening", "predates"],
	}
}
