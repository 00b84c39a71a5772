# METADATA
# title: 利用财政资金采购的数据应当备案,该数据未备案,责任在采购机构
# description: Bought data that was not filed is reported against the buyer, never held against the user.
# custom:
#   articles: [art_17__para_1]
package access.rules.procurement_unfiled

advise if input.procured in {"unfiled", "unfiled_with_basis"}
