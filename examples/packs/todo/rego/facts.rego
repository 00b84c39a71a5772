# The facts of a question of the AuthZEN interop's todo scenario. A user is called by email (1.0) or by identity (1.1);
# the owner of a todo stands beside its id (1.0) or in its properties (1.1), always as an email. A gateway tells method
# and route of an identity, and does not see whose todo it is.
package facts

action := input.action.name if input.resource.type != "route"

action := _routes[concat(" ", [input.action.name, input.resource.id])] if input.resource.type == "route"

rank := "admin" if "admin" in _roles

rank := "editor" if {
	"editor" in _roles
	not "admin" in _roles
}

rank := "viewer" if {
	"viewer" in _roles
	not "editor" in _roles
	not "admin" in _roles
}

genius := "held" if "evil_genius" in _roles

ownership := "unseen" if input.resource.type == "route"

ownership := "own" if {
	input.resource.type != "route"
	_owner == _email
}

ownership := "others" if {
	input.resource.type != "route"
	_owner != null
	_owner != _email
}

_email := input.subject.id if {
	input.subject.type == "user"
	data.entities.user[input.subject.id]
}

_email := email if {
	input.subject.type in {"user", "identity"}
	some email, user in data.entities.user
	user.identity == input.subject.id
}

_roles := data.entities.user[_email].roles

_owner := object.get(input.resource, "ownerID", object.get(input.resource, ["properties", "ownerID"], _nobody))

_nobody := null

_routes := {
	"GET /users/{userId}": "can_read_user",
	"GET /todos": "can_read_todos",
	"POST /todos": "can_create_todo",
	"PUT /todos/{todoId}": "can_update_todo",
	"DELETE /todos/{todoId}": "can_delete_todo",
}
