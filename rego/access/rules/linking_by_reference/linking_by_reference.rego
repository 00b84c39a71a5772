# METADATA
# title: 行政机关以外的公共机构可以根据实际参照执行目录链管理要求,建议其汇通数据
# description: A body that may follow the chain's rules by reference is advised to link its data.
# custom:
#   articles: [art_15__para_3]
package access.rules.linking_by_reference

advise if input.convergence == "unlinked_reference"
