# METADATA
# title: 开展数据处理活动的公共机构、单位和自然人应当履行数据安全保护义务,发生数据安全事件时立即采取处置措施并报告
# description: Whoever receives public data takes on the seven security duties.
# custom:
#   articles: [art_39__para_1]
package access.rules.security_duties

oblige if input.relation in {"sharing", "opening"}
