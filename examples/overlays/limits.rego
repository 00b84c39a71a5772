# What a body adds to the law for its own data: a set of findings, empty where it adds nothing.
package limits

# Its data is not handed out in bulk between 22:00 and 06:00.
findings contains {"effect": "forbid", "rule": "no_bulk_at_night"} if {
	input.request.mode == "bulk"
	_night
}

# Whoever wants to read it on a screen is sent to the reading room.
findings contains {"effect": "refer", "rule": "reading_room"} if input.request.mode == "online_view"

# Until a grade is recorded, its office of data safety has to look at each question.
findings contains {"effect": "doubt", "rule": "grade_to_be_seen"} if {
	some group in input.groups
	group.facts.grade == "ungraded"
}

# Telephone numbers stay in the house; the other fields that are asked for are not concerned.
findings contains {"effect": "forbid", "rule": "phones_stay", "fields": _phones} if count(_phones) > 0

# Data on persons goes with the duties of the law on personal data, in every case.
findings contains {"effect": "oblige", "rule": "personal_data_duties"} if {
	some group in input.groups
	group.facts.personal_data != "none"
}

_phones := [field | some group in input.groups; some field in group.fields; contains(field, "电话")]

_night if _hour >= 22

_night if _hour < 6

# `input.at` is in UTC; the office keeps Beijing time.
_hour := time.clock([time.parse_rfc3339_ns(input.at), "Asia/Shanghai"])[0]
