package access.rules.data_ungraded_test

import data.access.facts
import data.access.rules.data_ungraded

test_ungraded_data_waits_for_its_grade if {
	doubted := {[relation, grade] |
		some relation in facts.relation
		some grade in facts.grade
		asked := {"relation": relation, "grade": grade}
		data_ungraded.doubt with input as asked with data.readings as {"ungraded_data": "doubt"}
	}

	doubted == {["sharing", "ungraded"], ["opening", "ungraded"]}
}

test_ungraded_data_waits_for_nothing_where_a_grade_is_only_advised if {
	doubted := {[relation, grade] |
		some relation in facts.relation
		some grade in facts.grade
		asked := {"relation": relation, "grade": grade}
		data_ungraded.doubt with input as asked with data.readings as {"ungraded_data": "advise"}
	}

	doubted == set()
}
