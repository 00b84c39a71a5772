package access.rules.procured_unknown_test

import data.access.facts
import data.access.rules.procured_unknown

test_possibly_bought_data_in_another_form_is_not_decided if {
	doubted := {[relation, procured, delivery] |
		some relation in facts.relation
		some procured in facts.procured
		some delivery in facts.delivery
		asked := {"relation": relation, "procured": procured, "delivery": delivery}
		procured_unknown.doubt with input as asked with data.readings as {"procured_delivery": "api_or_basis"}
	}

	doubted == {
		["sharing", "unknown", "bulk"],
		["sharing", "unknown", "online_view"],
		["opening", "unknown", "bulk"],
		["opening", "unknown", "online_view"],
	}
}

test_the_form_raises_no_doubt_where_it_is_a_finding_only if {
	doubted := {[relation, procured, delivery] |
		some relation in facts.relation
		some procured in facts.procured
		some delivery in facts.delivery
		asked := {"relation": relation, "procured": procured, "delivery": delivery}
		procured_unknown.doubt with input as asked with data.readings as {"procured_delivery": "finding_only"}
	}

	doubted == set()
}
