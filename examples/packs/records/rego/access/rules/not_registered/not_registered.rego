# METADATA
# title: 名单之外的用户和记录,不作判定
# description: Nothing is decided about a user or a record that is not listed.
# custom:
#   articles: [art_1__para_3]
#   remedy: register_first
package access.rules.not_registered

doubt if input.role == "unknown"

doubt if input.ownership == "unknown"
