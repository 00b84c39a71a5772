package access.rules.classes_contradict_test

import data.access.facts
import data.access.rules.classes_contradict

test_closed_to_bodies_and_open_to_the_public_is_reported if {
	noted := {[sharing_class, opening_class] |
		some sharing_class in facts.sharing_class
		some opening_class in facts.opening_class
		asked := {"sharing_class": sharing_class, "opening_class": opening_class}
		classes_contradict.advise with input as asked
	}

	noted == {["not_shareable", "unconditional"], ["not_shareable", "conditional"]}
}
