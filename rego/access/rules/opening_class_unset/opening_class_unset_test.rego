package access.rules.opening_class_unset_test

import data.access.facts
import data.access.rules.opening_class_unset

test_data_without_an_opening_class_is_not_decided if {
	doubted := {[relation, opening_class] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		opening_class_unset.doubt with input as {"relation": relation, "opening_class": opening_class}
	}

	doubted == {["opening", "unset"]}
}
