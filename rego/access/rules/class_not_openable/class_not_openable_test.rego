package access.rules.class_not_openable_test

import data.access.facts
import data.access.rules.class_not_openable

test_data_that_must_not_be_opened_is_refused if {
	refused := {[relation, opening_class] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		class_not_openable.forbid with input as {"relation": relation, "opening_class": opening_class}
	}

	refused == {["opening", "not_openable"]}
}
