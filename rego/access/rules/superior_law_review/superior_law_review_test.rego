package access.rules.superior_law_review_test

import data.access.facts
import data.access.rules.superior_law_review

test_deemed_consent_is_checked_against_superior_law if {
	noted := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		superior_law_review.advise with input as {"relation": relation, "authority": authority}
	}

	noted == {["sharing", "deemed"]}
}
