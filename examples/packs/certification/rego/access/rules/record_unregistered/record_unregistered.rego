# METADATA
# title: 记录没有登记,不作判定
# description: Nothing is decided about a record that nobody registered.
# custom:
#   articles: [art_4__para_1]
#   remedy: register_first
package access.rules.record_unregistered

doubt if input.record == "unknown"
