package access.rules.catalogue_finding_test

import data.access.facts
import data.access.rules.catalogue_finding

test_a_fault_of_the_catalogue_is_reported if {
	noted := {catalogue_state |
		some catalogue_state in facts.catalogue_state
		catalogue_finding.advise with input as {"catalogue_state": catalogue_state}
	}

	noted == {"not_approved", "uncatalogued", "unmapped"}
}
