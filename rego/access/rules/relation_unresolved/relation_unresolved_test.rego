package access.rules.relation_unresolved_test

import data.access.facts
import data.access.rules.relation_unresolved

test_an_unresolved_relation_leaves_everything_open if {
	doubted := {relation |
		some relation in facts.relation
		relation_unresolved.doubt with input as {"relation": relation}
	}

	doubted == {"unresolved"}
}
