# METADATA
# title: 核心数据适用国家更为严格的管理制度
# description: Core data is governed by the stricter national regime.
# custom:
#   articles: [art_38__para_1, art_1__para_1]
#   remedy: other_regime
package access.rules.core_data

refer if input.grade == "core"
