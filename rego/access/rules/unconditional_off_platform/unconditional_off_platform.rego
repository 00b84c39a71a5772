# METADATA
# title: 无条件共享的公共数据,通过区目录链查询、申请,通过区大数据平台获取
# description: Unconditional data asked for on another path than the platform is refused while that path is mandatory.
# custom:
#   articles: [art_20__para_1, art_18__para_1]
#   remedy: use_bigdata_platform
#   reading: [platform_path, body_on_open_platform]
#   exceptions: {_may_be_platform: art_20__para_1}
package access.rules.unconditional_off_platform

forbid if {
	input.relation == "sharing"
	input.operation != "query_catalogue"
	input.sharing_class == "unconditional"
	not _may_be_platform
	data.readings.platform_path == "mandatory"
}

# An unknown channel has a doubt of its own.
_may_be_platform if input.channel in {"bigdata_platform", "unknown"}
