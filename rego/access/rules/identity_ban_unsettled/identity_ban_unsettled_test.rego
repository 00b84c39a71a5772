package access.rules.identity_ban_unsettled_test

import data.access.facts
import data.access.rules.identity_ban_unsettled

test_only_data_free_of_personal_information_is_settled if {
	doubted := {[relation, personal_data] |
		some relation in facts.relation
		some personal_data in facts.personal_data
		identity_ban_unsettled.doubt with input as {"relation": relation, "personal_data": personal_data}
	}

	doubted == {["opening", "personal"], ["opening", "sensitive"], ["opening", "unknown"]}
}
