package access.rules.self_access_regime_test

import data.access.facts
import data.access.rules.self_access_regime

test_access_to_ones_own_information_is_governed_elsewhere if {
	referred := {relation |
		some relation in facts.relation
		self_access_regime.refer with input as {"relation": relation}
	}

	referred == {"self_access"}
}
