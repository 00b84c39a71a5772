# METADATA
# title: 通过共享获取的公共数据,仅限于依法履职或者提供服务,不得用于其他目的
# description: Shared data is asked for an end that is neither duty nor service, so it is refused.
# custom:
#   articles: [art_24__para_1]
#   remedy: state_purpose
package access.rules.purpose_other

forbid if {
	input.relation == "sharing"
	input.purpose_kind == "other"
}
