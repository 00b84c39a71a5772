package access.rules.open_platform_rules_test

import data.access.facts
import data.access.rules.open_platform_rules

test_whoever_uses_opened_data_keeps_the_platform_s_rules if {
	bound := {relation |
		some relation in facts.relation
		open_platform_rules.oblige with input as {"relation": relation}
	}

	bound == {"opening"}
}
