package access.rules.opening_purpose_outside_test

import data.access.facts
import data.access.rules.opening_purpose_outside

test_a_purpose_outside_the_approval_is_refused if {
	refused := {[relation, authority, purpose] |
		some relation in facts.relation
		some authority in facts.authority
		some purpose in facts.purpose
		asked := {"relation": relation, "authority": authority, "purpose": purpose}
		opening_purpose_outside.forbid with input as asked
	}

	refused == {["opening", "agreed", "outside"], ["opening", "agreed_in_part", "outside"]}
}
