package access.rules.core_data_test

import data.access.facts
import data.access.rules.core_data

test_core_data_is_governed_elsewhere if {
	referred := {grade |
		some grade in facts.grade
		core_data.refer with input as {"grade": grade}
	}

	referred == {"core"}
}
