# The facts of a question of the AuthZEN certification scenario: what the request says of its entities counts, then data.
package facts

role := "admin" if _role == "admin"

role := "editor" if {
	_role != "admin"
	_known
	input.subject.id in data.editors
}

role := "reader" if {
	_role != "admin"
	_known
	not input.subject.id in data.editors
}

action := input.action.name

deletion := {true: "soft", false: "hard"}[input.action.properties.soft]

record := object.get(input.resource, ["properties", "status"], _stored_status) if input.resource.type == "record"

_known if {
	input.subject.type == "user"
	data.entities.user[input.subject.id]
}

default _stored_role := "none"

_stored_role := data.entities.user[input.subject.id].role if _known

_role := object.get(input.subject, ["properties", "role"], _stored_role)

default _stored_status := "unknown"

_stored_status := data.entities.record[input.resource.id].status
