package access.rules.application_predates_rules_test

import data.access.facts
import data.access.rules.application_predates_rules

test_an_older_application_starts_no_clock if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		application_predates_rules.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {["sharing", "predates"]}
}
