package access.rules.entrustment_missing_test

import data.access.facts
import data.access.rules.entrustment_missing

test_a_processor_without_recorded_entrustment_is_refused if {
	refused := {[relation, entrustment] |
		some relation in facts.relation
		some entrustment in facts.entrustment
		entrustment_missing.forbid with input as {"relation": relation, "entrustment": entrustment}
	}

	refused == {["own_use", "missing"], ["sharing", "missing"]}
}
