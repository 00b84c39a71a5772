package access.rules.unconditional_opening_off_platform_test

import data.access.facts
import data.access.rules.unconditional_opening_off_platform

test_unconditional_data_is_had_on_the_city_platform if {
	referred := {[relation, opening_class, channel] |
		some relation in facts.relation
		some opening_class in facts.opening_class
		some channel in facts.channel
		asked := {"relation": relation, "opening_class": opening_class, "channel": channel}
		unconditional_opening_off_platform.refer with input as asked
	}

	referred == {
		["opening", "unconditional", "directory_chain"],
		["opening", "unconditional", "bigdata_platform"],
		["opening", "unconditional", "approved_carrier"],
		["opening", "unconditional", "other_carrier"],
		["opening", "unconditional", "own_system"],
		["opening", "unconditional", "direct"],
		["opening", "unconditional", "unknown"],
	}
}
