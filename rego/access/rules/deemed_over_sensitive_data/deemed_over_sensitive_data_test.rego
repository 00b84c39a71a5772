package access.rules.deemed_over_sensitive_data_test

import data.access.facts
import data.access.rules.deemed_over_sensitive_data

test_deemed_consent_does_not_reach_sensitive_data if {
	referred := {[relation, authority, personal_data] |
		some relation in facts.relation
		some authority in facts.authority
		some personal_data in facts.personal_data
		asked := {"relation": relation, "authority": authority, "personal_data": personal_data}
		readings := {"deemed_and_personal_data": "not_sensitive_not_important"}
		deemed_over_sensitive_data.refer with input as asked with data.readings as readings
	}

	referred == {["sharing", "deemed", "sensitive"]}
}

test_no_personal_data_is_reached_where_the_reading_excludes_it if {
	referred := {[relation, authority, personal_data] |
		some relation in facts.relation
		some authority in facts.authority
		some personal_data in facts.personal_data
		asked := {"relation": relation, "authority": authority, "personal_data": personal_data}
		readings := {"deemed_and_personal_data": "no_personal_data"}
		deemed_over_sensitive_data.refer with input as asked with data.readings as readings
	}

	referred == {["sharing", "deemed", "personal"], ["sharing", "deemed", "sensitive"]}
}

test_everything_is_reached_where_the_reading_says_so if {
	referred := {[relation, authority, personal_data] |
		some relation in facts.relation
		some authority in facts.authority
		some personal_data in facts.personal_data
		asked := {"relation": relation, "authority": authority, "personal_data": personal_data}
		readings := {"deemed_and_personal_data": "all"}
		deemed_over_sensitive_data.refer with input as asked with data.readings as readings
	}

	referred == set()
}
