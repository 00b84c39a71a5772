# METADATA
# title: 公共数据的目录信息,通过区目录链查询
# description: A catalogue query on another path than the directory chain is refused while that path is mandatory.
# custom:
#   articles: [art_20__para_1, art_3__para_3]
#   remedy: use_directory_chain
#   reading: platform_path
#   exceptions: {_may_be_chain: art_20__para_1}
package access.rules.query_off_chain

forbid if {
	input.relation == "sharing"
	input.operation == "query_catalogue"
	not _may_be_chain
	data.readings.platform_path == "mandatory"
}

# An unknown channel has a doubt of its own.
_may_be_chain if input.channel in {"directory_chain", "unknown"}
