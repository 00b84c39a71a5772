# METADATA
# title: 四大基础数据的汇聚主要依托区大数据平台,该数据尚未汇聚
# description: A base set that is not on the platform is reported; the right to it stands.
# custom:
#   articles: [art_15__para_1, art_41__para_1__item_3]
package access.rules.base_set_not_aggregated

advise if input.convergence == "base_not_aggregated"
