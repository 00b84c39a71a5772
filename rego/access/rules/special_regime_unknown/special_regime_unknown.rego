# METADATA
# title: 该数据是否适用法律法规的其他规定不明的,不能认定可以提供
# description: Where nobody can say whether another law governs, this instrument does not decide.
# custom:
#   articles: [art_39__para_1__item_7]
#   remedy: contact_observer
package access.rules.special_regime_unknown

doubt if input.special_regime == "unknown"
