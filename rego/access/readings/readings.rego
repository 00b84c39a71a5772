# METADATA
# title: 规则所依据的解释选项
# description: Every reading that a rule compares, with its options, the same as the interpretation register.
package access.readings

assurance_as_condition := {"refuse", "advise"}

cross_level_consumers := {"refer", "sharing"}

deemed_and_personal_data := {"not_sensitive_not_important", "no_personal_data", "all"}

onward_open_data := {"refer", "allowed"}

platform_path := {"mandatory", "advised"}

procured_delivery := {"api_or_basis", "finding_only"}

service_only_need := {"duty_needed", "service_suffices"}

ungraded_data := {"doubt", "advise"}
