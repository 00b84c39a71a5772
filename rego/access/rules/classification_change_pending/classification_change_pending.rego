# METADATA
# title: 公共机构应当及时调整优化共享属性,该数据另有属性变更待核定
# description: A change of class that waits for approval is mentioned; the class in force decides.
# custom:
#   articles: [art_23__para_1]
package access.rules.classification_change_pending

advise if input.catalogue_state == "change_pending"
