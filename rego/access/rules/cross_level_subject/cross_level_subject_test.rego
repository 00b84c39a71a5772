package access.rules.cross_level_subject_test

import data.access.facts
import data.access.rules.cross_level_subject

test_bodies_of_other_levels_go_through_the_link if {
	referred := {relation |
		some relation in facts.relation
		asked := {"relation": relation}
		cross_level_subject.refer with input as asked with data.readings as {"cross_level_consumers": "refer"}
	}

	referred == {"cross_level"}
}

test_nothing_is_referred_where_other_levels_share if {
	referred := {relation |
		some relation in facts.relation
		asked := {"relation": relation}
		cross_level_subject.refer with input as asked with data.readings as {"cross_level_consumers": "sharing"}
	}

	referred == set()
}
