# METADATA
# title: 只有浏览角色的用户,不得新建、修改或者删除待办事项
# description: A viewer creates, updates and deletes nothing, unless a genius updates.
# custom:
#   articles: [art_2__para_2, art_3__para_2]
#   remedy: ask_for_role
#   exceptions: {_genius_updates: art_3__para_2}
package access.rules.viewer_changes_nothing

forbid if {
	input.rank == "viewer"
	input.action in {"can_create_todo", "can_update_todo", "can_delete_todo"}
	not _genius_updates
}

_genius_updates if {
	input.genius == "held"
	input.action == "can_update_todo"
}
