# METADATA
# title: 不符合共享要求的公共数据原则上应当有相应法律法规等作为依据,该数据的依据没有记录
# description: A class of not shareable without a recorded basis is reported; it changes nothing.
# custom:
#   articles: [art_19__para_4]
#   reading: not_shareable_without_basis
package access.rules.basis_missing

advise if {
	input.sharing_class == "not_shareable"
	input.not_shareable_basis in {"missing", "unknown"}
}
