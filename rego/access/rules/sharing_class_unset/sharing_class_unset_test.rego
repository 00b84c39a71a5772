package access.rules.sharing_class_unset_test

import data.access.facts
import data.access.rules.sharing_class_unset

test_data_without_a_sharing_class_is_not_decided if {
	doubted := {[relation, sharing_class] |
		some relation in facts.relation
		some sharing_class in facts.sharing_class
		sharing_class_unset.doubt with input as {"relation": relation, "sharing_class": sharing_class}
	}

	doubted == {["sharing", "unset"]}
}
