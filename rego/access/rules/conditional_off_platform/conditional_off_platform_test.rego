package access.rules.conditional_off_platform_test

import data.access.facts
import data.access.rules.conditional_off_platform

test_conditional_data_leaves_through_the_platform_only if {
	refused := {[relation, operation, sharing_class, channel] |
		some relation in facts.relation
		some operation in facts.operation
		some sharing_class in facts.sharing_class
		some channel in facts.channel
		asked := {"relation": relation, "operation": operation, "sharing_class": sharing_class, "channel": channel}
		conditional_off_platform.forbid with input as asked
	}

	refused == {["sharing", operation, "conditional", channel] |
		some operation in {"obtain", "onward_supply", "onward_supply_lawful", "unknown"}
		some channel in {"directory_chain", "city_open_platform", "approved_carrier", "other_carrier", "own_system", "direct"}
	}
}
