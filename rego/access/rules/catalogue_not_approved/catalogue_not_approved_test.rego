package access.rules.catalogue_not_approved_test

import data.access.facts
import data.access.rules.catalogue_not_approved

test_an_unapproved_entry_is_not_decided if {
	doubted := {[relation, catalogue_state] |
		some relation in facts.relation
		some catalogue_state in facts.catalogue_state
		asked := {"relation": relation, "catalogue_state": catalogue_state}
		catalogue_not_approved.doubt with input as asked
	}

	doubted == {["sharing", "not_approved"], ["opening", "not_approved"]}
}
