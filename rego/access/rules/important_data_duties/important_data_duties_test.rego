package access.rules.important_data_duties_test

import data.access.facts
import data.access.rules.important_data_duties

test_important_data_binds_to_the_measures_of_its_grade if {
	bound := {[relation, grade] |
		some relation in facts.relation
		some grade in facts.grade
		important_data_duties.oblige with input as {"relation": relation, "grade": grade}
	}

	bound == {["sharing", "important"], ["opening", "important"]}
}
