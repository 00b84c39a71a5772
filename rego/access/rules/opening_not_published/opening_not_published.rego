# METADATA
# title: 拟开放的公共数据由区科技和信息化局(区大数据局)对接市级部门完成开放,尚未完成的不能获取
# description: Data that is marked or gathered for opening is not open before the city platform carries it.
# custom:
#   articles: [art_30__para_2, art_26__para_4]
#   remedy: use_city_platform
package access.rules.opening_not_published

refer if {
	input.relation == "opening"
	input.opening_class == "unconditional"
	input.publication in {"marked", "aggregated"}
}
