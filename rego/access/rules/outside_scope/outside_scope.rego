# METADATA
# title: 不属于本区公共机构在履行职责和提供公共服务过程中获取、制作的数据,不适用本细则
# description: Data or holders that the definition does not cover are governed by other rules.
# custom:
#   articles: [art_2__para_1, art_3__para_1]
#   remedy: other_regime
package access.rules.outside_scope

refer if input.relation == "outside"
