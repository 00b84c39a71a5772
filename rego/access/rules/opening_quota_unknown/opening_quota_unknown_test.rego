package access.rules.opening_quota_unknown_test

import data.access.facts
import data.access.rules.opening_quota_unknown

test_an_unknown_approved_quota_is_not_decided if {
	doubted := {[relation, quota] |
		some relation in facts.relation
		some quota in facts.quota
		opening_quota_unknown.doubt with input as {"relation": relation, "quota": quota}
	}

	doubted == {["opening", "unknown"]}
}
