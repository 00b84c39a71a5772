package access.rules.linking_by_reference_test

import data.access.facts
import data.access.rules.linking_by_reference

test_linking_is_advised_to_bodies_that_follow_by_reference if {
	noted := {convergence |
		some convergence in facts.convergence
		linking_by_reference.advise with input as {"convergence": convergence}
	}

	noted == {"unlinked_reference"}
}
