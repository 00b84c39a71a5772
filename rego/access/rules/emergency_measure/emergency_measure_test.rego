package access.rules.emergency_measure_test

import data.access.facts
import data.access.rules.emergency_measure

test_a_measure_of_the_district_stops_the_data_it_covers if {
	refused := {measure |
		some measure in facts.measure
		emergency_measure.forbid with input as {"measure": measure}
	}

	refused == {"district"}
}
