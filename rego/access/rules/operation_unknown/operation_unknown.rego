# METADATA
# title: 所请求的操作不明的,不能认定属于本细则所称的哪一类活动
# description: An operation that nobody can name falls under no rule.
# custom:
#   articles: [art_3__para_1]
#   remedy: state_purpose
package access.rules.operation_unknown

doubt if input.operation == "unknown"
