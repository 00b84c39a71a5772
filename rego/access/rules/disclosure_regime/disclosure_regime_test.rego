package access.rules.disclosure_regime_test

import data.access.facts
import data.access.rules.disclosure_regime

test_disclosure_on_request_is_governed_elsewhere if {
	referred := {relation |
		some relation in facts.relation
		disclosure_regime.refer with input as {"relation": relation}
	}

	referred == {"information_request"}
}
