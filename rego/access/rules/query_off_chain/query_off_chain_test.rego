package access.rules.query_off_chain_test

import data.access.facts
import data.access.rules.query_off_chain

test_the_catalogue_is_queried_on_the_chain_only if {
	refused := {[relation, operation, channel] |
		some relation in facts.relation
		some operation in facts.operation
		some channel in facts.channel
		asked := {"relation": relation, "operation": operation, "channel": channel}
		query_off_chain.forbid with input as asked with data.readings as {"platform_path": "mandatory"}
	}

	refused == {
		["sharing", "query_catalogue", "bigdata_platform"],
		["sharing", "query_catalogue", "city_open_platform"],
		["sharing", "query_catalogue", "approved_carrier"],
		["sharing", "query_catalogue", "other_carrier"],
		["sharing", "query_catalogue", "own_system"],
		["sharing", "query_catalogue", "direct"],
	}
}

test_no_query_is_refused_where_the_chain_is_only_advised if {
	refused := {[relation, operation, channel] |
		some relation in facts.relation
		some operation in facts.operation
		some channel in facts.channel
		asked := {"relation": relation, "operation": operation, "channel": channel}
		query_off_chain.forbid with input as asked with data.readings as {"platform_path": "advised"}
	}

	refused == set()
}
