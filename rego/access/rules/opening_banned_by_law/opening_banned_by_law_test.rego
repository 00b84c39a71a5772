package access.rules.opening_banned_by_law_test

import data.access.facts
import data.access.rules.opening_banned_by_law

test_a_ban_by_law_yields_only_to_its_own_carve_out if {
	refused := {[relation, opening_ban_law, treatment] |
		some relation in facts.relation
		some opening_ban_law in facts.opening_ban_law
		some treatment in facts.treatment
		asked := {"relation": relation, "opening_ban_law": opening_ban_law, "treatment": treatment}
		opening_banned_by_law.forbid with input as asked
	}

	refused == {
		["opening", "yes", "none"],
		["opening", "yes", "treated"],
		["opening", "yes", "treated_and_relisted"],
		["opening", "yes", "unknown"],
		["opening", "carved_out", "none"],
		["opening", "carved_out", "treated"],
		["opening", "carved_out", "unknown"],
	}
}
