# METADATA
# title: 主体是否公共机构、数据是否公共数据未确定的,不能认定属于共享还是开放
# description: Without a recorded status of subject or data the relation is open, and with it every rule.
# custom:
#   articles: [art_2__para_1]
#   remedy: contact_observer
#   reading: state_organs
package access.rules.relation_unresolved

doubt if input.relation == "unresolved"
