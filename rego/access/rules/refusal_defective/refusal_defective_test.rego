package access.rules.refusal_defective_test

import data.access.facts
import data.access.rules.refusal_defective

test_a_defective_refusal_is_an_answer_all_the_same if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		refusal_defective.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {["sharing", "refused_defectively"]}
}
