package access.rules.quota_exceeded_test

import data.access.facts
import data.access.rules.quota_exceeded

test_a_used_up_quota_is_refused if {
	refused := {[relation, quota] |
		some relation in facts.relation
		some quota in facts.quota
		quota_exceeded.forbid with input as {"relation": relation, "quota": quota}
	}

	refused == {["sharing", "exceeded"]}
}
