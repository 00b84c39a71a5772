package access.rules.basis_missing_test

import data.access.facts
import data.access.rules.basis_missing

test_a_missing_basis_is_reported if {
	noted := {[sharing_class, not_shareable_basis] |
		some sharing_class in facts.sharing_class
		some not_shareable_basis in facts.not_shareable_basis
		asked := {"sharing_class": sharing_class, "not_shareable_basis": not_shareable_basis}
		basis_missing.advise with input as asked
	}

	noted == {["not_shareable", "missing"], ["not_shareable", "unknown"]}
}
