package access.rules.procured_not_by_api_test

import data.access.facts
import data.access.rules.procured_not_by_api

test_bought_data_without_a_basis_is_served_as_an_interface_only if {
	refused := {[relation, procured, delivery] |
		some relation in facts.relation
		some procured in facts.procured
		some delivery in facts.delivery
		asked := {"relation": relation, "procured": procured, "delivery": delivery}
		procured_not_by_api.forbid with input as asked with data.readings as {"procured_delivery": "api_or_basis"}
	}

	refused == {
		["sharing", "filed", "bulk"],
		["sharing", "filed", "online_view"],
		["sharing", "unfiled", "bulk"],
		["sharing", "unfiled", "online_view"],
		["opening", "filed", "bulk"],
		["opening", "filed", "online_view"],
		["opening", "unfiled", "bulk"],
		["opening", "unfiled", "online_view"],
	}
}

test_no_form_is_refused_where_it_is_a_finding_only if {
	refused := {[relation, procured, delivery] |
		some relation in facts.relation
		some procured in facts.procured
		some delivery in facts.delivery
		asked := {"relation": relation, "procured": procured, "delivery": delivery}
		procured_not_by_api.forbid with input as asked with data.readings as {"procured_delivery": "finding_only"}
	}

	refused == set()
}
