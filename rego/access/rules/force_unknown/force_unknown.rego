# METADATA
# title: 本细则在该时点是否施行不明的,不能适用
# description: An instant of which nobody can say whether the instrument is in force leaves everything open.
# custom:
#   articles: [art_44__para_1]
#   remedy: contact_observer
package access.rules.force_unknown

doubt if input.in_force == "unknown"
