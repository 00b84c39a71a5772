package access.rules.operation_unknown_test

import data.access.facts
import data.access.rules.operation_unknown

test_an_unknown_operation_is_not_decided if {
	doubted := {operation |
		some operation in facts.operation
		operation_unknown.doubt with input as {"operation": operation}
	}

	doubted == {"unknown"}
}
