package access.rules.catalogue_levels_broken_test

import data.access.facts
import data.access.rules.catalogue_levels_broken

test_a_broken_catalogue_is_not_decided if {
	doubted := {[relation, catalogue_state] |
		some relation in facts.relation
		some catalogue_state in facts.catalogue_state
		asked := {"relation": relation, "catalogue_state": catalogue_state}
		catalogue_levels_broken.doubt with input as asked
	}

	doubted == {["sharing", "unmapped"], ["opening", "unmapped"]}
}
