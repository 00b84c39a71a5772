package access.rules.grade_unknown_test

import data.access.facts
import data.access.rules.grade_unknown

test_an_unknown_grade_is_not_decided if {
	doubted := {grade |
		some grade in facts.grade
		grade_unknown.doubt with input as {"grade": grade}
	}

	doubted == {"unknown"}
}
