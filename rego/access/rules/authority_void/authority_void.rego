# METADATA
# title: 公共数据的共享属性经调整不再符合原申请的,原同意不再有效
# description: A change to a stricter class voids grants and open applications alike.
# custom:
#   articles: [art_19__para_3, art_23__para_1]
#   remedy: apply_to_provider
#   reading: class_after_grant
package access.rules.authority_void

forbid if {
	input.relation == "sharing"
	input.authority in {"void", "void_while_pending"}
}
