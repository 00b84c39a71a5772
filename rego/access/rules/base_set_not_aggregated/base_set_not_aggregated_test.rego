package access.rules.base_set_not_aggregated_test

import data.access.facts
import data.access.rules.base_set_not_aggregated

test_a_base_set_that_is_not_on_the_platform_is_reported if {
	noted := {convergence |
		some convergence in facts.convergence
		base_set_not_aggregated.advise with input as {"convergence": convergence}
	}

	noted == {"base_not_aggregated"}
}
