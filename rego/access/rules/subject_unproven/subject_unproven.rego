# METADATA
# title: 须经统一身份认证而未能证明身份的,不能认定请求方是谁
# description: Who had to prove an identity and did not is nobody whose relation to the data could be known.
# custom:
#   articles: [art_38__para_2, art_40__para_1]
#   remedy: name_person
package access.rules.subject_unproven

doubt if {
	input.relation == "unresolved"
	input.assurance == "unauthenticated"
}
