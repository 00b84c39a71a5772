# METADATA
# title: 单位和自然人对公共数据的开发利用,不得损害国家利益、社会公共利益和第三方合法权益
# description: Whoever uses opened data must harm neither the state nor the public nor third parties.
# custom:
#   articles: [art_36__para_1]
package access.rules.no_harm

oblige if input.relation == "opening"
