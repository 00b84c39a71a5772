package access.rules.api_only_test

import data.access.facts
import data.access.rules.api_only

test_bought_data_is_served_as_an_interface if {
	bound := {[relation, procured] |
		some relation in facts.relation
		some procured in facts.procured
		asked := {"relation": relation, "procured": procured}
		api_only.oblige with input as asked with data.readings as {"procured_delivery": "api_or_basis"}
	}

	bound == {
		["sharing", "filed"],
		["sharing", "unfiled"],
		["sharing", "unknown"],
		["opening", "filed"],
		["opening", "unfiled"],
		["opening", "unknown"],
	}
}

test_nobody_is_bound_to_a_form_where_it_is_a_finding_only if {
	bound := {[relation, procured] |
		some relation in facts.relation
		some procured in facts.procured
		asked := {"relation": relation, "procured": procured}
		api_only.oblige with input as asked with data.readings as {"procured_delivery": "finding_only"}
	}

	bound == set()
}
