# METADATA
# title: 不符合共享要求的公共数据同时列为开放数据的,属性相互矛盾
# description: Data that bodies may not share but the public may have is classed in contradiction.
# custom:
#   articles: [art_19__para_1, art_26__para_1]
package access.rules.classes_contradict

advise if {
	input.sharing_class == "not_shareable"
	input.opening_class in {"unconditional", "conditional"}
}
