package access.rules.authority_void_test

import data.access.facts
import data.access.rules.authority_void

test_a_stricter_class_voids_what_stood_before if {
	refused := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		authority_void.forbid with input as {"relation": relation, "authority": authority}
	}

	refused == {["sharing", "void"], ["sharing", "void_while_pending"]}
}
