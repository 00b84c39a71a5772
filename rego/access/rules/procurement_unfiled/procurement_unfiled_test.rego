package access.rules.procurement_unfiled_test

import data.access.facts
import data.access.rules.procurement_unfiled

test_bought_data_that_was_not_filed_is_reported if {
	noted := {procured |
		some procured in facts.procured
		procurement_unfiled.advise with input as {"procured": procured}
	}

	noted == {"unfiled", "unfiled_with_basis"}
}
