package access.rules.entrusted_processing_test

import data.access.facts
import data.access.rules.entrusted_processing

test_a_recorded_processor_is_bound_to_its_entrustment if {
	bound := {[relation, entrustment] |
		some relation in facts.relation
		some entrustment in facts.entrustment
		entrusted_processing.oblige with input as {"relation": relation, "entrustment": entrustment}
	}

	bound == {["own_use", "recorded"], ["sharing", "recorded"]}
}
