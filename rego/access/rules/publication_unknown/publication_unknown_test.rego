package access.rules.publication_unknown_test

import data.access.facts
import data.access.rules.publication_unknown

test_an_unknown_publication_is_not_decided if {
	doubted := {[relation, publication, opening_class] |
		some relation in facts.relation
		some publication in facts.publication
		some opening_class in facts.opening_class
		asked := {"relation": relation, "publication": publication, "opening_class": opening_class}
		publication_unknown.doubt with input as asked
	}

	doubted == {
		["opening", "not_applicable", "unconditional"],
		["opening", "unknown", "unconditional"],
		["opening", "unknown", "conditional"],
		["opening", "unknown", "not_openable"],
		["opening", "unknown", "unset"],
	}
}
