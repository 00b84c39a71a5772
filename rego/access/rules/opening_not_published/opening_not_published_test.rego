package access.rules.opening_not_published_test

import data.access.facts
import data.access.rules.opening_not_published

test_marked_or_gathered_data_is_not_yet_open if {
	referred := {[relation, opening_class, publication] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		some publication in facts.publication
		asked := {"relation": relation, "opening_class": opening_class, "publication": publication}
		opening_not_published.refer with input as asked
	}

	referred == {["opening", "unconditional", "marked"], ["opening", "unconditional", "aggregated"]}
}
