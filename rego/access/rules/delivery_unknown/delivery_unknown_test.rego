package access.rules.delivery_unknown_test

import data.access.facts
import data.access.rules.delivery_unknown

test_an_unknown_form_of_bought_data_is_not_decided if {
	doubted := {[relation, procured, delivery, operation] |
		some relation in facts.relation
		some procured in facts.procured
		some delivery in facts.delivery
		some operation in facts.operation
		asked := {"relation": relation, "procured": procured, "delivery": delivery, "operation": operation}
		delivery_unknown.doubt with input as asked with data.readings as {"procured_delivery": "api_or_basis"}
	}

	doubted == {[relation, procured, "not_applicable", operation] |
		some relation in {"sharing", "opening"}
		some procured in {"filed", "unfiled", "unknown"}
		some operation in {"obtain", "onward_supply", "onward_supply_lawful", "unknown"}
	} | {[relation, procured, "unknown", operation] |
		some relation in {"sharing", "opening"}
		some procured in {"filed", "unfiled", "unknown"}
		some operation in facts.operation
	}
}

test_the_form_raises_no_doubt_where_it_is_a_finding_only if {
	doubted := {[relation, procured, delivery, operation] |
		some relation in facts.relation
		some procured in facts.procured
		some delivery in facts.delivery
		some operation in facts.operation
		asked := {"relation": relation, "procured": procured, "delivery": delivery, "operation": operation}
		delivery_unknown.doubt with input as asked with data.readings as {"procured_delivery": "finding_only"}
	}

	doubted == set()
}
