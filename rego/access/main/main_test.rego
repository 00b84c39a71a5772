package access.main_test

import data.access.main

# B has an agreement, and asks for what it applied for, on the platform.
_granted := {
	"in_force": "yes",
	"relation": "sharing",
	"operation": "obtain",
	"catalogue_state": "approved",
	"sharing_class": "conditional",
	"not_shareable_basis": "not_applicable",
	"opening_class": "not_openable",
	"opening_ban_law": "no",
	"opening_ban_security": "no",
	"opening_ban_identity": "yes",
	"treatment": "none",
	"publication": "not_applicable",
	"authority": "agreed",
	"fulfilment": "in_time",
	"coordination": "none",
	"purpose": "within",
	"purpose_kind": "duty",
	"field_coverage": "all",
	"quota": "no_limit",
	"staff_duty": "mapped",
	"entrustment": "none",
	"assurance": "sufficient",
	"channel": "bigdata_platform",
	"delivery": "api",
	"procured": "no",
	"sanction": "not_applicable",
	"rectification": "none",
	"measure": "none",
	"grade": "general",
	"special_regime": "none",
	"personal_data": "none",
	"convergence": "linked",
	"objection": "none",
	"freshness": "current",
	"safeguards": "no_condition",
	"enforcement": "able",
	"ledger_age": "current",
}

_chosen := {
	"assurance_as_condition": "refuse",
	"cross_level_consumers": "refer",
	"deemed_and_personal_data": "not_sensitive_not_important",
	"onward_open_data": "refer",
	"platform_path": "mandatory",
	"procured_delivery": "api_or_basis",
	"service_only_need": "duty_needed",
	"ungraded_data": "doubt",
}

_asked(changes) := decision if {
	decision := main.decision with input as object.union(_granted, changes) with data.readings as _chosen
}

test_what_no_rule_limits_comes_with_its_duties if {
	_asked({}) == {
		"strongest": "none",
		"limits": set(),
		"obliges": {
			"access_recorded",
			"no_onward_supply",
			"objection_route",
			"purpose_bound",
			"security_duties",
			"staff_confidentiality",
		},
		"advises": set(),
		"unstated": set(),
	}
}

test_every_limit_is_found_not_the_first if {
	changes := {"authority": "deemed", "personal_data": "sensitive", "quota": "unknown", "staff_duty": "unmapped"}
	decision := _asked(changes)

	decision.limits == {
		{"rule": "deemed_over_sensitive_data", "effect": "refer"},
		{"rule": "quota_unknown", "effect": "doubt"},
		{"rule": "staff_outside_duty", "effect": "forbid"},
	}
	decision.advises == {"pipl_review", "superior_law_review"}
}

test_forbid_is_stronger_than_refer_and_refer_than_doubt if {
	doubted := {"quota": "unknown"}
	referred := object.union(doubted, {"grade": "core"})
	refused := object.union(referred, {"measure": "district"})

	[_asked(changes).strongest | some changes in [{}, doubted, referred, refused]] == ["none", "doubt", "refer", "forbid"]
}

test_a_fact_that_is_missing_or_misspelt_is_a_doubt if {
	lacking := object.remove(_granted, {"measure"})
	missing := main.decision with input as lacking with data.readings as _chosen
	misspelt := _asked({"measure": "distrct"})

	missing.unstated == {"measure"}
	misspelt.unstated == {"measure"}
	{missing.strongest, misspelt.strongest} == {"doubt"}
}

test_a_reading_that_is_not_loaded_is_a_doubt if {
	chosen := object.remove(_chosen, {"platform_path"})
	direct := object.union(_granted, {"sharing_class": "unconditional", "channel": "direct"})
	decision := main.decision with input as direct with data.readings as chosen

	decision.unstated == {"platform_path"}
	decision.strongest == "doubt"
}

test_without_any_reading_nothing_looks_free if {
	decision := main.decision with input as _granted

	decision.unstated == {reading | some reading, _ in _chosen}
	decision.strongest == "doubt"
}
