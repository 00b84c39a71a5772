package access.rules.deemed_over_important_data_test

import data.access.facts
import data.access.rules.deemed_over_important_data

test_deemed_consent_does_not_reach_important_data if {
	referred := {[relation, authority, grade] |
		some relation in facts.relation
		some authority in facts.authority
		some grade in facts.grade
		asked := {"relation": relation, "authority": authority, "grade": grade}
		readings := {"deemed_and_personal_data": "not_sensitive_not_important"}
		deemed_over_important_data.refer with input as asked with data.readings as readings
	}

	referred == {["sharing", "deemed", "important"]}
}

test_important_data_stays_out_where_personal_data_is_excluded if {
	referred := {[relation, authority, grade] |
		some relation in facts.relation
		some authority in facts.authority
		some grade in facts.grade
		asked := {"relation": relation, "authority": authority, "grade": grade}
		readings := {"deemed_and_personal_data": "no_personal_data"}
		deemed_over_important_data.refer with input as asked with data.readings as readings
	}

	referred == {["sharing", "deemed", "important"]}
}

test_everything_is_reached_where_the_reading_says_so if {
	referred := {[relation, authority, grade] |
		some relation in facts.relation
		some authority in facts.authority
		some grade in facts.grade
		asked := {"relation": relation, "authority": authority, "grade": grade}
		readings := {"deemed_and_personal_data": "all"}
		deemed_over_important_data.refer with input as asked with data.readings as readings
	}

	referred == set()
}
