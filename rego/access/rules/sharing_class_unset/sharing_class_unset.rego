# METADATA
# title: 公共数据的共享属性未定的,不能认定可以共享,“以共享为常态”不是对个案的授权
# description: Without a sharing class nothing is granted; the presumption for sharing binds those who classify.
# custom:
#   articles: [art_19__para_1]
#   remedy: ask_classification
package access.rules.sharing_class_unset

doubt if {
	input.relation == "sharing"
	input.sharing_class == "unset"
}
