# METADATA
# title: 账本副本超过时限未与账本一致的,共享和有条件开放不能认定可以提供
# description: A grant may have been revoked or narrowed since; what needs none, or is one's own, goes on.
# custom:
#   articles: [art_3__para_3]
#   remedy: restore_ledger_copy
package access.rules.ledger_stale

doubt if {
	input.relation == "sharing"
	input.ledger_age == "stale"
}

doubt if {
	input.relation == "opening"
	input.opening_class == "conditional"
	input.ledger_age == "stale"
}
