# METADATA
# title: 规则所读的全部事实及其取值
# description: Every fact a rule may read, with all its values, the same as the vocabulary that the service loads.
package access.facts

in_force := {"yes", "not_yet", "ended", "unknown"}

relation := {
	"own_use",
	"sharing",
	"opening",
	"self_access",
	"information_request",
	"cross_level",
	"outside",
	"unresolved",
}

operation := {"query_catalogue", "obtain", "onward_supply", "onward_supply_lawful", "unknown"}

catalogue_state := {"approved", "change_pending", "not_approved", "uncatalogued", "unrouted", "unmapped", "retired", "unknown"}

sharing_class := {"unconditional", "conditional", "not_shareable", "unset"}

not_shareable_basis := {"not_applicable", "recorded", "missing", "unknown"}

opening_class := {"unconditional", "conditional", "not_openable", "unset"}

opening_ban_law := {"no", "yes", "carved_out", "unknown"}

opening_ban_security := {"no", "yes", "unknown"}

opening_ban_identity := {"no", "yes", "unknown"}

treatment := {"none", "treated", "treated_and_relisted", "unknown"}

publication := {"not_applicable", "marked", "aggregated", "published", "withdrawn", "unknown"}

authority := {
	"not_needed",
	"none",
	"incomplete",
	"pending",
	"agreed",
	"agreed_in_part",
	"deemed",
	"refused",
	"refused_defectively",
	"withdrawn",
	"expired",
	"void",
	"void_while_pending",
	"calendar_unknown",
	"predates",
	"unknown",
}

fulfilment := {"not_applicable", "in_time", "late", "unknown"}

coordination := {"none", "open", "concluded", "unknown"}

purpose := {"within", "outside", "unstated", "unknown", "not_applicable"}

purpose_kind := {"duty", "service", "service_only", "unfounded", "other", "unstated", "not_applicable", "unknown"}

field_coverage := {"all", "some", "none", "not_applicable", "unknown"}

quota := {"no_limit", "within", "exceeded", "unknown"}

staff_duty := {"mapped", "unmapped", "no_person", "not_applicable", "unknown"}

entrustment := {"none", "recorded", "missing", "unknown"}

assurance := {"sufficient", "insufficient", "unauthenticated", "unknown"}

channel := {
	"directory_chain",
	"bigdata_platform",
	"city_open_platform",
	"approved_carrier",
	"other_carrier",
	"own_system",
	"direct",
	"unknown",
}

delivery := {"api", "bulk", "online_view", "not_applicable", "unknown"}

procured := {"no", "filed", "filed_with_basis", "unfiled", "unfiled_with_basis", "unknown"}

sanction := {"clear", "affiliate", "suspended", "terminated", "anonymous", "not_applicable", "unknown"}

rectification := {"none", "ordered", "overdue", "not_applicable", "unknown"}

measure := {"none", "district", "provider", "unknown"}

grade := {"general", "important", "core", "ungraded", "unknown"}

special_regime := {
	"none",
	"state_secret",
	"work_secret",
	"statistics",
	"archives",
	"cross_border",
	"other",
	"unknown",
}

personal_data := {"none", "personal", "sensitive", "unknown"}

convergence := {"base_aggregated", "base_not_aggregated", "linked", "unlinked", "unlinked_reference", "unknown"}

objection := {"none", "shared_open", "shared_extended", "shared_overdue", "open_data", "unknown"}

freshness := {"current", "overdue", "unknown"}

safeguards := {"no_condition", "met", "unmet", "lacking", "unknown"}

enforcement := {"able", "unable", "undeclared"}

ledger_age := {"current", "stale"}
