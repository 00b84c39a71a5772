package access.rules.provider_measure_test

import data.access.facts
import data.access.rules.provider_measure

test_a_measure_of_the_provider_stops_its_own_data if {
	refused := {measure |
		some measure in facts.measure
		provider_measure.forbid with input as {"measure": measure}
	}

	refused == {"provider"}
}
