# METADATA
# title: 逐条询问全部规则;授权由表格作出,此处只答限制
# description: Asks every rule and names none; grants are rows of tables, so what no rule limits is not yet permitted.
package access.main

import data.access.facts
import data.access.readings

# For whoever runs this folder on a plain OPA server: POST the facts as input to /v1/data/access/main/decision, with
# the chosen options loaded as data.readings.
decision := {
	"strongest": strongest,
	"limits": limits,
	"obliges": {finding.rule | some finding in findings; finding.effect == "oblige"},
	"advises": {finding.rule | some finding in findings; finding.effect == "advise"},
	"unstated": unstated,
}

# Every rule that holds. A test package has heads of its own, and none of these.
findings contains {"rule": rule, "effect": effect} if {
	some effect in {"forbid", "refer", "doubt", "oblige", "advise"}
	some rule
	data.access.rules[rule][effect]
	not endswith(rule, "_test")
}

limits contains finding if {
	some finding in findings
	finding.effect in _order
}

_order := ["forbid", "refer", "doubt"]

# "none" is no permission: a row of each table must still grant.
default strongest := "none"

strongest := [effect | some effect in _order; effect in _spoken][0]

_spoken contains finding.effect if some finding in limits

# A rule falls silent on a fact or reading that is not stated; such silence is a doubt.
_spoken contains "doubt" if count(unstated) > 0

unstated := (object.keys(facts) | object.keys(readings)) - _stated

_stated contains fact if {
	some fact, values in facts
	input[fact] in values
}

_stated contains reading if {
	some reading, options in readings
	data.readings[reading] in options
}
