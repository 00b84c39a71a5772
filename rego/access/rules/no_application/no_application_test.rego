package access.rules.no_application_test

import data.access.facts
import data.access.rules.no_application

test_conditional_data_without_an_application_is_refused if {
	refused := {[relation, operation, sharing_class, authority] |
		some relation in facts.relation
		some operation in facts.operation
		some sharing_class in facts.sharing_class
		some authority in facts.authority
		asked := {"relation": relation, "operation": operation, "sharing_class": sharing_class, "authority": authority}
		no_application.forbid with input as asked
	}

	refused == {
		["sharing", "obtain", "conditional", "not_needed"],
		["sharing", "obtain", "conditional", "none"],
		["sharing", "onward_supply", "conditional", "not_needed"],
		["sharing", "onward_supply", "conditional", "none"],
		["sharing", "onward_supply_lawful", "conditional", "not_needed"],
		["sharing", "onward_supply_lawful", "conditional", "none"],
		["sharing", "unknown", "conditional", "not_needed"],
		["sharing", "unknown", "conditional", "none"],
	}
}
