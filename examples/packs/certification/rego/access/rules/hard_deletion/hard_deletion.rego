# METADATA
# title: 不能恢复的删除,不予准许
# description: A deletion that cannot be undone is refused.
# custom:
#   articles: [art_2__para_2]
#   remedy: delete_softly
package access.rules.hard_deletion

forbid if input.deletion == "hard"
