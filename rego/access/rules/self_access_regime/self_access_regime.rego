# METADATA
# title: 自然人查阅、复制本人信息,不是公共数据的共享或者开放,适用个人信息保护法
# description: A person's access to information about herself is governed by the law that this instrument rests on.
# custom:
#   articles: [art_1__para_1]
#   remedy: other_regime
package access.rules.self_access_regime

refer if input.relation == "self_access"
