package access.rules.deemed_personal_unknown_test

import data.access.facts
import data.access.rules.deemed_personal_unknown

test_deemed_consent_over_unassessed_data_is_not_decided if {
	doubted := {[relation, authority, personal_data] |
		some relation in facts.relation
		some authority in facts.authority
		some personal_data in facts.personal_data
		asked := {"relation": relation, "authority": authority, "personal_data": personal_data}
		deemed_personal_unknown.doubt with input as asked
	}

	doubted == {["sharing", "deemed", "unknown"]}
}
