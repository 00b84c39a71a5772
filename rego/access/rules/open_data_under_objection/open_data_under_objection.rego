# METADATA
# title: 单位或者自然人对该开放数据提出异议,正在核查、处理
# description: An objection to opened data is mentioned; it has no clock and freezes nothing.
# custom:
#   articles: [art_32__para_1]
#   reading: interim_closing
package access.rules.open_data_under_objection

advise if input.objection == "open_data"
