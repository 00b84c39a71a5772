package access.rules.class_not_shareable_test

import data.access.facts
import data.access.rules.class_not_shareable

test_data_that_is_not_shareable_is_refused if {
	refused := {[relation, sharing_class] |
		some relation in facts.relation
		some sharing_class in facts.sharing_class
		class_not_shareable.forbid with input as {"relation": relation, "sharing_class": sharing_class}
	}

	refused == {["sharing", "not_shareable"]}
}
