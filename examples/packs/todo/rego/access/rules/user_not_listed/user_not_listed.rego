# METADATA
# title: 名单之外的用户,不作判定
# description: Nothing is decided about a user who is not listed.
# custom:
#   articles: [art_1__para_2]
#   remedy: ask_for_role
package access.rules.user_not_listed

doubt if input.rank == "unknown"
