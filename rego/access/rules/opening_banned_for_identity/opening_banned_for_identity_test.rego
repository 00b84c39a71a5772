package access.rules.opening_banned_for_identity_test

import data.access.facts
import data.access.rules.opening_banned_for_identity

test_identifying_data_is_opened_only_treated_and_listed_again if {
	refused := {[relation, opening_ban_identity, treatment] |
		some relation in facts.relation
		some opening_ban_identity in facts.opening_ban_identity
		some treatment in facts.treatment
		asked := {"relation": relation, "opening_ban_identity": opening_ban_identity, "treatment": treatment}
		opening_banned_for_identity.forbid with input as asked
	}

	refused == {["opening", "yes", "none"], ["opening", "yes", "treated"], ["opening", "yes", "unknown"]}
}
