# METADATA
# title: 用户没有登记,不作判定
# description: Nothing is decided about a user whom nobody registered.
# custom:
#   articles: [art_4__para_1]
#   remedy: register_first
package access.rules.user_unregistered

doubt if input.role == "unknown"
