package access.rules.refusal_finding_test

import data.access.facts
import data.access.rules.refusal_finding

test_a_defective_refusal_is_reported if {
	noted := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		refusal_finding.advise with input as {"relation": relation, "authority": authority}
	}

	noted == {["sharing", "refused_defectively"]}
}
