package access.rules.opening_approval_ended_test

import data.access.facts
import data.access.rules.opening_approval_ended

test_an_approval_that_has_ended_opens_nothing if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		opening_approval_ended.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {["opening", "expired"], ["opening", "void"], ["opening", "void_while_pending"]}
}
