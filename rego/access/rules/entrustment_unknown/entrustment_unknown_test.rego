package access.rules.entrustment_unknown_test

import data.access.facts
import data.access.rules.entrustment_unknown

test_an_unknown_entrustment_is_not_decided if {
	doubted := {[relation, entrustment] |
		some relation in facts.relation
		some entrustment in facts.entrustment
		entrustment_unknown.doubt with input as {"relation": relation, "entrustment": entrustment}
	}

	doubted == {["own_use", "unknown"], ["sharing", "unknown"]}
}
