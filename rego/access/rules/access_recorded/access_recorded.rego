# METADATA
# title: 目录链记录数据访问过程,本次访问记入访问记录
# description: Every access that this instrument governs is recorded, a body's own use included.
# custom:
#   articles: [art_3__para_3]
package access.rules.access_recorded

oblige if input.relation in {"own_use", "sharing", "opening"}
