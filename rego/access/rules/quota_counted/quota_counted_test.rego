package access.rules.quota_counted_test

import data.access.facts
import data.access.rules.quota_counted

test_use_under_a_limit_is_counted if {
	bound := {[relation, quota] |
		some relation in facts.relation
		some quota in facts.quota
		quota_counted.oblige with input as {"relation": relation, "quota": quota}
	}

	bound == {["sharing", "within"]}
}
