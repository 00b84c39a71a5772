package access.rules.purpose_kind_unstated_test

import data.access.facts
import data.access.rules.purpose_kind_unstated

test_a_use_that_names_neither_duty_nor_service_is_not_decided if {
	doubted := {[relation, purpose_kind, operation] |
		some relation in facts.relation
		some purpose_kind in facts.purpose_kind
		some operation in facts.operation
		asked := {"relation": relation, "purpose_kind": purpose_kind, "operation": operation}
		purpose_kind_unstated.doubt with input as asked
	}

	doubted == {[relation, purpose_kind, operation] |
		some relation in {"own_use", "sharing"}
		some purpose_kind in {"unstated", "unknown"}
		some operation in facts.operation
	} | {[relation, "not_applicable", operation] |
		some relation in {"own_use", "sharing"}
		some operation in {"obtain", "onward_supply", "onward_supply_lawful", "unknown"}
	}
}
