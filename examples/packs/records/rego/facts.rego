# The facts of a question of the AuthZEN interop's search scenario; roles, departments and owners come from the data alone.
package facts

action := input.action.name

role := "manager" if _user.role == "manager"

role := "staff" if _user.role != "manager"

department := "same" if _user.department == _record.department

ownership := "own" if _record.owner == input.subject.id

ownership := "others" if _record.owner != input.subject.id

_user := data.entities.user[input.subject.id] if input.subject.type == "user"

_record := data.entities.record[input.resource.id] if input.resource.type == "record"
