package access.rules.opening_banned_for_security_test

import data.access.facts
import data.access.rules.opening_banned_for_security

test_dangerous_data_is_opened_only_treated_and_listed_again if {
	refused := {[relation, opening_ban_security, treatment] |
		some relation in facts.relation
		some opening_ban_security in facts.opening_ban_security
		some treatment in facts.treatment
		asked := {"relation": relation, "opening_ban_security": opening_ban_security, "treatment": treatment}
		opening_banned_for_security.forbid with input as asked
	}

	refused == {["opening", "yes", "none"], ["opening", "yes", "treated"], ["opening", "yes", "unknown"]}
}
