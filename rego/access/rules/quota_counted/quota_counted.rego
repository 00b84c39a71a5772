# METADATA
# title: 使用范围定有额度的,本次使用计入额度
# description: Use under a quantity limit counts against it.
# custom:
#   articles: [art_24__para_1]
package access.rules.quota_counted

oblige if {
	input.relation == "sharing"
	input.quota == "within"
}
