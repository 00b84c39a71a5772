package access.rules.pipl_review_test

import data.access.facts
import data.access.rules.pipl_review

test_personal_data_is_checked_against_its_first_purpose if {
	noted := {[relation, personal_data] |
		some relation in facts.relation
		some personal_data in facts.personal_data
		pipl_review.advise with input as {"relation": relation, "personal_data": personal_data}
	}

	noted == {["sharing", "personal"], ["sharing", "sensitive"]}
}
