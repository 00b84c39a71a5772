# METADATA
# title: 应急处置措施是否及于该数据不明的,不能认定可以提供
# description: Where nobody can say whether an emergency measure covers the data, it is not released.
# custom:
#   articles: [art_37__para_2]
#   remedy: contact_observer
package access.rules.measure_unknown

doubt if input.measure == "unknown"
