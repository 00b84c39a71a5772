package access.rules.opening_quota_exceeded_test

import data.access.facts
import data.access.rules.opening_quota_exceeded

test_a_used_up_approved_quota_is_refused if {
	refused := {[relation, quota] |
		some relation in facts.relation
		some quota in facts.quota
		opening_quota_exceeded.forbid with input as {"relation": relation, "quota": quota}
	}

	refused == {["opening", "exceeded"]}
}
