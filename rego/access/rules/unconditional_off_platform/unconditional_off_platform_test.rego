package access.rules.unconditional_off_platform_test

import data.access.facts
import data.access.rules.unconditional_off_platform

test_unconditional_data_leaves_through_the_platform_only if {
	refused := {[relation, operation, sharing_class, channel] |
		some relation in facts.relation
		some operation in facts.operation
		some sharing_class in facts.sharing_class
		some channel in facts.channel
		asked := {"relation": relation, "operation": operation, "sharing_class": sharing_class, "channel": channel}
		unconditional_off_platform.forbid with input as asked with data.readings as {"platform_path": "mandatory"}
	}

	refused == {["sharing", operation, "unconditional", channel] |
		some operation in {"obtain", "onward_supply", "onward_supply_lawful", "unknown"}
		some channel in {"directory_chain", "city_open_platform", "approved_carrier", "other_carrier", "own_system", "direct"}
	}
}

test_no_channel_is_refused_where_the_platform_is_only_advised if {
	refused := {[relation, operation, sharing_class, channel] |
		some relation in facts.relation
		some operation in facts.operation
		some sharing_class in facts.sharing_class
		some channel in facts.channel
		asked := {"relation": relation, "operation": operation, "sharing_class": sharing_class, "channel": channel}
		unconditional_off_platform.forbid with input as asked with data.readings as {"platform_path": "advised"}
	}

	refused == set()
}
