# METADATA
# title: 四大基础数据以外的公共数据依托区目录链实现汇通,该行政机关的数据尚未汇通
# description: Data of an administrative organ that is not linked through the chain is reported.
# custom:
#   articles: [art_15__para_1, art_41__para_1__item_4]
package access.rules.data_not_linked

advise if input.convergence == "unlinked"
