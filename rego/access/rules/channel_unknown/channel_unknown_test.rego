package access.rules.channel_unknown_test

import data.access.facts
import data.access.rules.channel_unknown

test_an_unknown_channel_is_not_decided if {
	doubted := {[relation, channel] |
		some relation in facts.relation
		some channel in facts.channel
		channel_unknown.doubt with input as {"relation": relation, "channel": channel}
	}

	doubted == {["sharing", "unknown"]}
}
