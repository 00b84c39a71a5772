# METADATA
# title: 公共数据应当分级,所属级别不明的,不能认定应有的安全防护
# description: Data whose grade cannot be found out is not released.
# custom:
#   articles: [art_38__para_1]
#   remedy: ask_classification
package access.rules.grade_unknown

doubt if input.grade == "unknown"
