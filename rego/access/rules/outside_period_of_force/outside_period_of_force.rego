# METADATA
# title: 本细则自印发之日起施行,不在施行期内的事项适用其时的规定
# description: An instant outside the period of force is governed by other rules.
# custom:
#   articles: [art_44__para_1]
#   remedy: other_regime
package access.rules.outside_period_of_force

refer if input.in_force in {"not_yet", "ended"}
