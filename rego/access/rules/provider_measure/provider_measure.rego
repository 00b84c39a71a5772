# METADATA
# title: 提供单位因数据安全事件采取处置措施期间,措施范围内的本机构数据停止提供
# description: While a provider's own incident measure covers its data, nothing of it is provided.
# custom:
#   articles: [art_39__para_1__item_5]
#   remedy: await_measure_end
package access.rules.provider_measure

forbid if input.measure == "provider"
