# METADATA
# title: 编辑者不得修改或者删除他人的待办事项
# description: An editor changes no todo of somebody else, unless a genius updates.
# custom:
#   articles: [art_3__para_1, art_3__para_2]
#   remedy: ask_owner
#   exceptions: {_genius_updates: art_3__para_2}
package access.rules.todo_of_somebody_else

forbid if {
	input.rank == "editor"
	input.ownership == "others"
	not _genius_updates
}

_genius_updates if {
	input.genius == "held"
	input.action == "can_update_todo"
}
