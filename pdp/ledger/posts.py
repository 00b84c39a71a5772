"""Which posts a person may hold, and which acts on the service itself are no statements: both lists are closed.

A body acts through people. `policies/tables/administration.csv` says in which role a body may record a kind of
statement, `policies/tables/posts.csv` which post of a person may do it for that body. Source: art_8__para_1,
art_38__para_2.
"""

from __future__ import annotations

POSTS = (
    "provider_officer",  # acts for the body that provides the data
    "applicant_officer",  # acts for the public body that asks for data, or objects to it
    "regulator_officer",  # acts for 区科技和信息化局(区大数据局)
    "observer",  # 数据观察员: collects opinions, decides nothing (art_8__para_1)
    "system_administrator",
    "security_administrator",
    "audit_administrator",
    "legal_reviewer",  # 法制审核: sees that policies say what the law says
    "registrar",  # keeps the registers of subjects, duties, staff, systems and carriers
    "cyberspace_officer",  # acts for 区委网信办 (art_37__para_2)
    "platform_officer",  # acts for whoever runs 区大数据平台 or 市公共数据开放平台
    "public_applicant",  # a natural person, or who acts for a unit outside the public bodies (art_3__para_5)
)
SERVICE_ACTS = (
    "policy.activate",
    "calendar.import",
    "catalogue.import",
    "ledger.import",
    "key.rotate",
    "person.erase",
    "log.prune",
    "log.seal",
    "log.read",
    "decision.read_all",
    "finding.read",
    "collection.check",
    "caller.register",
)
"""What is done to the service; every other act is a kind of `pdp.ledger.kinds.KINDS`."""
