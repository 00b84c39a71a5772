# METADATA
# title: 公共数据的开放属性未定的,不能认定可以开放
# description: Without an opening class nothing is opened.
# custom:
#   articles: [art_26__para_1]
#   remedy: ask_classification
package access.rules.opening_class_unset

doubt if {
	input.relation == "opening"
	input.opening_class == "unset"
}
