# METADATA
# title: 同意共享的公共数据,由提供单位协助申请单位通过区大数据平台获取
# description: Conditional data asked for on another path than the platform is refused.
# custom:
#   articles: [art_21__para_2, art_18__para_1]
#   remedy: use_bigdata_platform
#   exceptions: {_may_be_platform: art_21__para_2}
package access.rules.conditional_off_platform

forbid if {
	input.relation == "sharing"
	input.operation != "query_catalogue"
	input.sharing_class == "conditional"
	not _may_be_platform
}

# An unknown channel has a doubt of its own.
_may_be_platform if input.channel in {"bigdata_platform", "unknown"}
