package access.rules.data_not_linked_test

import data.access.facts
import data.access.rules.data_not_linked

test_unlinked_data_of_an_organ_is_reported if {
	noted := {convergence |
		some convergence in facts.convergence
		data_not_linked.advise with input as {"convergence": convergence}
	}

	noted == {"unlinked"}
}
