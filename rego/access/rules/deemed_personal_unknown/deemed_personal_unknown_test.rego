package access.rules.deemed_personal_unknown_test

import data.access.facts
import data.access.rules.deemed_personal_unknown

test_deemed_consent_over_unassessed_data_is_not_decided if {
	doubted := {[relation, authority, personal_data] |
		some relation in facts.relation
		some authority in facts.authority
		some personal_data in facts.personal_data
		asked := {"relation": relation, "authority": authority, "personal_data": personal_data}
		readings := {"deemed_and_personal_data": "not_sensitive_not_important"}
		deemed_personal_unknown.doubt with input as asked with data.readings as readings
	}

	doubted == {["sharing", "deemed", "unknown"]}
}

test_unassessed_data_stays_in_doubt_where_personal_data_is_excluded if {
	doubted := {[relation, authority, personal_data] |
		some relation in facts.relation
		some authority in facts.authority
		some personal_data in facts.personal_data
		asked := {"relation": relation, "authority": authority, "personal_data": personal_data}
		readings := {"deemed_and_personal_data": "no_personal_data"}
		deemed_personal_unknown.doubt with input as asked with data.readings as readings
	}

	doubted == {["sharing", "deemed", "unknown"]}
}

test_unassessed_data_is_no_doubt_where_everything_is_reached if {
	doubted := {[relation, authority, personal_data] |
		some relation in facts.relation
		some authority in facts.authority
		some personal_data in facts.personal_data
		asked := {"relation": relation, "authority": authority, "personal_data": personal_data}
		deemed_personal_unknown.doubt with input as asked with data.readings as {"deemed_and_personal_data": "all"}
	}

	doubted == set()
}
