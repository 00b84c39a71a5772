# METADATA
# title: 逾期未答复视为同意共享的,须依照法律法规等上位规定复核
# description: Consent that is only deemed rests on a district rule, so superior law is checked.
# custom:
#   articles: [art_1__para_1, art_21__para_4]
#   reading: deemed_consent_today
package access.rules.superior_law_review

advise if {
	input.relation == "sharing"
	input.authority == "deemed"
}
