# METADATA
# title: 单位和自然人应当遵守市公共数据开放平台相关安全管理规范
# description: Whoever uses opened data keeps the security rules of the city platform.
# custom:
#   articles: [art_42__para_1__item_3]
package access.rules.open_platform_rules

oblige if input.relation == "opening"
