package access.rules.measure_unknown_test

import data.access.facts
import data.access.rules.measure_unknown

test_an_unknown_measure_is_not_decided if {
	doubted := {measure |
		some measure in facts.measure
		measure_unknown.doubt with input as {"measure": measure}
	}

	doubted == {"unknown"}
}
