package access.rules.catalogue_unknown_test

import data.access.facts
import data.access.rules.catalogue_unknown

test_an_unknown_entry_is_not_decided if {
	doubted := {[relation, catalogue_state] |
		some relation in facts.relation
		some catalogue_state in facts.catalogue_state
		catalogue_unknown.doubt with input as {"relation": relation, "catalogue_state": catalogue_state}
	}

	doubted == {["sharing", "unknown"], ["opening", "unknown"]}
}
