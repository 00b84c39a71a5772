package access.rules.opening_fields_unknown_test

import data.access.facts
import data.access.rules.opening_fields_unknown

test_a_request_that_cannot_be_compared_with_its_approval_is_not_decided if {
	doubted := {[relation, field_coverage, authority] |
		some relation in facts.relation
		some field_coverage in facts.field_coverage
		some authority in facts.authority
		asked := {"relation": relation, "field_coverage": field_coverage, "authority": authority}
		opening_fields_unknown.doubt with input as asked
	}

	doubted == {["opening", "not_applicable", authority] |
		some authority in {"agreed", "agreed_in_part"}
	} | {["opening", "unknown", authority] |
		some authority in facts.authority
	}
}
