# METADATA
# title: 将本机构或者开放获取的公共数据再向他人提供,应当另按共享或者开放办理
# description: Passing on own or opened data is a new sharing or opening, unless the reading frees opened data.
# custom:
#   articles: [art_3__para_4, art_3__para_5]
#   remedy: other_regime
#   reading: onward_open_data
package access.rules.onward_supply_redirected

refer if {
	input.relation == "own_use"
	input.operation in {"onward_supply", "onward_supply_lawful"}
}

refer if {
	input.relation == "opening"
	input.operation in {"onward_supply", "onward_supply_lawful"}
	data.readings.onward_open_data == "refer"
}
