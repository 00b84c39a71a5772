# METADATA
# title: 区委网信办会同有关单位采取应急处置措施期间,措施范围内的公共数据停止提供
# description: While a district emergency measure covers the data, nothing is provided, whatever has been granted.
# custom:
#   articles: [art_37__para_2]
#   remedy: await_measure_end
package access.rules.emergency_measure

forbid if input.measure == "district"
