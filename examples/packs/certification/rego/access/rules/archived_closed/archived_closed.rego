# METADATA
# title: 已归档的记录不得写入或者删除
# description: An archived record is closed to writing and deleting, except for an admin.
# custom:
#   articles: [art_3__para_1, art_3__para_2]
#   remedy: ask_archivist
#   exceptions: {_admin: art_3__para_2}
package access.rules.archived_closed

forbid if {
	input.record == "archived"
	input.action in {"write", "delete"}
	not _admin
}

_admin if input.role == "admin"
