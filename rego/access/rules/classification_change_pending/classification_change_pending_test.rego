package access.rules.classification_change_pending_test

import data.access.facts
import data.access.rules.classification_change_pending

test_a_pending_change_of_class_is_mentioned if {
	noted := {catalogue_state |
		some catalogue_state in facts.catalogue_state
		classification_change_pending.advise with input as {"catalogue_state": catalogue_state}
	}

	noted == {"change_pending"}
}
