# METADATA
# title: 单位和自然人未按照要求改正,已对其终止开放相关公共数据的,不予提供
# description: A subject for whom opening was terminated gets none of the related data.
# custom:
#   articles: [art_42__para_1]
#   remedy: apply_by_city_rules
#   reading: sanction_exit
package access.rules.sanction_terminated

forbid if {
	input.relation == "opening"
	input.sanction == "terminated"
}
