package access.rules.conditional_opening_off_carrier_test

import data.access.facts
import data.access.rules.conditional_opening_off_carrier

test_conditional_data_is_had_through_the_approved_carrier if {
	referred := {[relation, opening_class, channel] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		some channel in facts.channel
		asked := {"relation": relation, "opening_class": opening_class, "channel": channel}
		conditional_opening_off_carrier.refer with input as asked
	}

	referred == {
		["opening", "conditional", "directory_chain"],
		["opening", "conditional", "bigdata_platform"],
		["opening", "conditional", "city_open_platform"],
		["opening", "conditional", "other_carrier"],
		["opening", "conditional", "own_system"],
		["opening", "conditional", "direct"],
		["opening", "conditional", "unknown"],
	}
}
