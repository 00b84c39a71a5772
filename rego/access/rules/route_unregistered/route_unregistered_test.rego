package access.rules.route_unregistered_test

import data.access.facts
import data.access.rules.route_unregistered

test_a_call_without_a_route_is_not_decided if {
	doubted := {catalogue_state |
		some catalogue_state in facts.catalogue_state
		route_unregistered.doubt with input as {"catalogue_state": catalogue_state}
	}

	doubted == {"unrouted"}
}
