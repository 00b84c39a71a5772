package access.rules.opening_ban_unknown_test

import data.access.facts
import data.access.rules.opening_ban_unknown

test_a_ban_that_was_never_assessed_is_not_decided if {
	doubted := {[relation, opening_ban_law, opening_ban_security, opening_ban_identity] |
		some relation in facts.relation
		some opening_ban_law in facts.opening_ban_law
		some opening_ban_security in facts.opening_ban_security
		some opening_ban_identity in facts.opening_ban_identity
		asked := {
			"relation": relation,
			"opening_ban_law": opening_ban_law,
			"opening_ban_security": opening_ban_security,
			"opening_ban_identity": opening_ban_identity,
		}
		opening_ban_unknown.doubt with input as asked
	}

	doubted == {
		["opening", "no", "no", "unknown"],
		["opening", "no", "yes", "unknown"],
		["opening", "no", "unknown", "no"],
		["opening", "no", "unknown", "yes"],
		["opening", "no", "unknown", "unknown"],
		["opening", "yes", "no", "unknown"],
		["opening", "yes", "yes", "unknown"],
		["opening", "yes", "unknown", "no"],
		["opening", "yes", "unknown", "yes"],
		["opening", "yes", "unknown", "unknown"],
		["opening", "carved_out", "no", "unknown"],
		["opening", "carved_out", "yes", "unknown"],
		["opening", "carved_out", "unknown", "no"],
		["opening", "carved_out", "unknown", "yes"],
		["opening", "carved_out", "unknown", "unknown"],
		["opening", "unknown", "no", "no"],
		["opening", "unknown", "no", "yes"],
		["opening", "unknown", "no", "unknown"],
		["opening", "unknown", "yes", "no"],
		["opening", "unknown", "yes", "yes"],
		["opening", "unknown", "yes", "unknown"],
		["opening", "unknown", "unknown", "no"],
		["opening", "unknown", "unknown", "yes"],
		["opening", "unknown", "unknown", "unknown"],
	}
}
