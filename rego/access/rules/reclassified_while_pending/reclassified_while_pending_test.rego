package access.rules.reclassified_while_pending_test

import data.access.facts
import data.access.rules.reclassified_while_pending

test_a_change_of_class_under_a_waiting_application_is_reported if {
	noted := {[relation, authority] |
		some relation in facts.relation
		some authority in facts.authority
		reclassified_while_pending.advise with input as {"relation": relation, "authority": authority}
	}

	noted == {["sharing", "void_while_pending"]}
}
