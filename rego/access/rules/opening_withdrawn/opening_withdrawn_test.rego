package access.rules.opening_withdrawn_test

import data.access.facts
import data.access.rules.opening_withdrawn

test_data_taken_off_the_city_platform_is_refused if {
	refused := {[relation, publication] |
		some relation in facts.relation
		some publication in facts.publication
		opening_withdrawn.forbid with input as {"relation": relation, "publication": publication}
	}

	refused == {["opening", "withdrawn"]}
}
