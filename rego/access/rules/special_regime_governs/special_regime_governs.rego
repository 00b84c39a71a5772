# METADATA
# title: 国家秘密、工作秘密、统计、档案、向境外提供等另有法律法规规定的,适用其规定
# description: Data, or a recipient, that another law governs is referred to that law.
# custom:
#   articles: [art_1__para_1, art_39__para_1__item_7]
#   remedy: other_regime
package access.rules.special_regime_governs

refer if {
	input.special_regime != "none"
	input.special_regime != "unknown"
}
