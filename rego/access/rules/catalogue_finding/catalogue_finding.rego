# METADATA
# title: 未按照规定编制、更新公共数据目录的,供督促限期整改时参考
# description: A missing, unapproved or broken entry is reported for supervision.
# custom:
#   articles: [art_41__para_1__item_2]
package access.rules.catalogue_finding

advise if input.catalogue_state in {"not_approved", "uncatalogued", "unmapped"}
