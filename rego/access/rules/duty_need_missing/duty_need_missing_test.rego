package access.rules.duty_need_missing_test

import data.access.facts
import data.access.rules.duty_need_missing

test_service_alone_does_not_open_conditional_data if {
	refused := {[relation, sharing_class, purpose_kind] |
		some relation in facts.relation
		some sharing_class in facts.sharing_class
		some purpose_kind in facts.purpose_kind
		asked := {"relation": relation, "sharing_class": sharing_class, "purpose_kind": purpose_kind}
		duty_need_missing.forbid with input as asked with data.readings as {"service_only_need": "duty_needed"}
	}

	refused == {["sharing", "conditional", "service_only"]}
}

test_service_is_no_reason_to_refuse_where_it_suffices if {
	refused := {[relation, sharing_class, purpose_kind] |
		some relation in facts.relation
		some sharing_class in facts.sharing_class
		some purpose_kind in facts.purpose_kind
		asked := {"relation": relation, "sharing_class": sharing_class, "purpose_kind": purpose_kind}
		duty_need_missing.forbid with input as asked with data.readings as {"service_only_need": "service_suffices"}
	}

	refused == set()
}
