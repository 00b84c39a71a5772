package access.rules.catalogue_entry_retired_test

import data.access.facts
import data.access.rules.catalogue_entry_retired

test_a_retired_entry_is_not_decided if {
	doubted := {[relation, catalogue_state] |
		some relation in facts.relation
		some catalogue_state in facts.catalogue_state
		asked := {"relation": relation, "catalogue_state": catalogue_state}
		catalogue_entry_retired.doubt with input as asked
	}

	doubted == {["sharing", "retired"], ["opening", "retired"]}
}
