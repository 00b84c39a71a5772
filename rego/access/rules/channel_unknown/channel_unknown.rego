# METADATA
# title: 获取公共数据的渠道不明的,不能认定通过区目录链、区大数据平台办理
# description: A path that nobody can name is neither chain nor platform.
# custom:
#   articles: [art_20__para_1, art_21__para_2]
#   remedy: use_bigdata_platform
package access.rules.channel_unknown

doubt if {
	input.relation == "sharing"
	input.channel == "unknown"
}
