package access.rules.catalogue_entry_missing_test

import data.access.facts
import data.access.rules.catalogue_entry_missing

test_uncatalogued_data_is_not_decided if {
	doubted := {[relation, catalogue_state] |
		some relation in facts.relation
		some catalogue_state in facts.catalogue_state
		asked := {"relation": relation, "catalogue_state": catalogue_state}
		catalogue_entry_missing.doubt with input as asked
	}

	doubted == {["sharing", "uncatalogued"], ["opening", "uncatalogued"]}
}
