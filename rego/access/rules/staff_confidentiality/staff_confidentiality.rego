# METADATA
# title: 公共机构及其工作人员对在履职中知悉的个人隐私、个人信息、商业秘密、保密商务信息等,应当依法予以保密
# description: A body and its staff keep secret what they come to know in their duty.
# custom:
#   articles: [art_40__para_1]
package access.rules.staff_confidentiality

oblige if input.relation in {"own_use", "sharing"}
