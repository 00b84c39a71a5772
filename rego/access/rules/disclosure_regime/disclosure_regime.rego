# METADATA
# title: 依申请公开政府信息,不是公共数据的开放,适用政府信息公开条例
# description: A request for disclosure of government information is no opening of data and is governed elsewhere.
# custom:
#   articles: [art_3__para_5]
#   remedy: other_regime
package access.rules.disclosure_regime

refer if input.relation == "information_request"
