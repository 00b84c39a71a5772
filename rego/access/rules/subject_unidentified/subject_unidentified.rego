# METADATA
# title: 有条件开放的公共数据向符合申请条件的单位和自然人提供,申请主体未经识别的不能认定
# description: Whether a subject meets the conditions cannot be said of one that is anonymous or weakly authenticated.
# custom:
#   articles: [art_26__para_3, art_38__para_2]
#   remedy: raise_assurance
package access.rules.subject_unidentified

doubt if {
	input.relation == "opening"
	input.opening_class == "conditional"
	input.assurance != "sufficient"
}

doubt if {
	input.relation == "opening"
	input.opening_class == "conditional"
	input.sanction == "anonymous"
}
