package access.rules.sanctioned_affiliate_test

import data.access.facts
import data.access.rules.sanctioned_affiliate

test_a_sanctioned_affiliate_is_mentioned if {
	noted := {[relation, sanction] |
		some relation in facts.relation
		some sanction in facts.sanction
		sanctioned_affiliate.advise with input as {"relation": relation, "sanction": sanction}
	}

	noted == {["opening", "affiliate"]}
}
