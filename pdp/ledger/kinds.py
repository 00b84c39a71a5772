"""The kinds of statement: what each must say, what it is about, and as whom its speaker acts.

A member's type is written in a small closed language: `id`, `text`, `day` (ISO date), `instant` (ISO date-time or
date), `bool`, `count` (integer >= 1), `ids`, `texts`, `map` (checked by the fold that reads it), or `a|b|c` for a
closed set of words. A `?` after the name marks an optional member; every other member is required, and an unknown one
is an error.
"""

from __future__ import annotations

from dataclasses import dataclass

SHARING = "unconditional|conditional|not_shareable"
OPENING = "unconditional|conditional|not_openable"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of statement.

    `refs` are templates over the members (`dataset/{id}`); a template over a list names one ref for each element, and
    one whose optional member is absent names none.
    """

    name: str
    members: dict[str, str]
    refs: tuple[str, ...]


def _kind(name: str, refs: str, /, **members: str) -> Kind:
    return Kind(name, {key.rstrip("_"): value for key, value in members.items()}, tuple(refs.split()))


_DATASET = "dataset/{id}"
_PUBLICATION = "dataset/{dataset}"
_APPLICATION = "application/{id}"
_COORDINATION = "coordination/{id} application/{application}"

# One kind reads as one entry, its members together; ruff format would give each member a line.
# fmt: off
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        # Subjects: art_2__para_1, art_3__para_5, art_40__para_1
        _kind(
            "body.registered", "subject/{id} office/{offices}",
            id="id", name="text",
            level="district|city|other_district|national|other",
            basis="administrative_organ|authorised_organisation|state_organ|none",
            basis_text="text?",  # the authorising law
            functions="texts?",  # of public_affairs, public_service: what the authorisation covers (art_2__para_1)
            offices="texts?",  # of regulator, cyberspace, city_platform, bigdata_platform
            observer="map?",  # {post, phone, email}: the 数据观察员 (art_8__para_1)
            uscc="text?", source="text?", assumed="texts?",
        ),
        _kind("body.succeeded", "subject/{id} subject/{successor}", id="id", successor="id", document="text?"),
        _kind(
            "unit.registered", "subject/{id}",
            id="id", name="text", uscc="text?", affiliates="ids?", source="text?", assumed="texts?",
        ),
        _kind("person.registered", "subject/{id}", id="id", individual_business="bool?", affiliates="ids?"),
        _kind(
            "duty.registered", "duty/{id} subject/{body}",
            id="id", body="id", name="text", basis="text?", purpose="duty|service?", scenarios="ids", assumed="texts?",
        ),
        _kind("staff.mapped", "staff/{id}", id="id", body="id", duties="ids"),
        _kind("system.registered", "staff/{id}", id="id", body="id", post="text", duties="ids", assumed="texts?"),
        # Gateways: which data a path is about (art_3__para_3), which system a certificate is (art_38__para_2)
        _kind(
            "route.registered", "route/{id} routes/{gateway}",
            id="id", gateway="id", method="text", path="text", dataset="text", action="text", host="text?",
            mode="text?", channel="text?", carrier="text?",
            reads="map?",  # {fields, scenario, purpose}: a text, {query: name} or {header: name}; fields also a list
            rows_at="text?", envelope="texts?", cache="count?",
        ),
        _kind("route.withdrawn", "route/{id}", id="id"),
        _kind("workload.mapped", "workload/{workload}", workload="text", system="id"),
        _kind("workload.withdrawn", "workload/{workload}", workload="text"),
        _kind(
            "entrustment.recorded", "entrustment/{principal}/{agent}",
            id="id", principal="id", agent="id", until="instant?", basis="text?",
        ),
        _kind(
            "carrier.registered", "carrier/{id}",
            id="id", name="text", form="innovation_base|data_zone|service_window|mobile_portal|other",
        ),
        # Users and tables of a query engine, `engine` by its id as a caller (art_40__para_1, art_3__para_3)
        _kind(
            "query_user.registered", "query_user/{engine}/{id}",
            id="id", engine="id", body="id", scenario="id", purpose="duty|service?", system="id?",
            channel="directory_chain|bigdata_platform|own_system|direct?", mode="api|bulk|online_view?",
        ),
        _kind("query_user.withdrawn", "query_user/{engine}/{id}", id="id", engine="id"),
        _kind(
            "table.mapped", "table/{engine}/{id}",
            id="id", engine="id",  # catalog.schema.table
            dataset="id", columns="map?",  # column -> field; without it, columns are called as fields
        ),
        _kind("table.unmapped", "table/{engine}/{id}", id="id", engine="id"),
        # Datasets (art_3__para_3, art_11__para_1, art_19 to art_30)
        _kind(
            "dataset.catalogued", _DATASET,
            id="id", provider="id", title="text", joint_providers="ids?", fields="texts?", derived_from="id?",
            theme="text?", formats="text?", cycle="text?", source="text?", assumed="texts?",
        ),
        _kind(
            "dataset.mapped", _DATASET,
            id="id", resource_entry="text?", data_entry="text?", system_entry="text?", table="text?", assumed="texts?",
        ),
        _kind(
            "dataset.class_proposed", _DATASET,
            id="id", sharing=SHARING + "?", opening=OPENING + "?", sharing_conditions="map?", opening_conditions="map?",
            fields="map?",  # field -> {sharing?, opening?}
        ),
        _kind(
            "dataset.class_tightened", _DATASET,
            id="id", sharing=SHARING + "?", opening=OPENING + "?", fields="map?",
        ),
        _kind(
            "dataset.approved", _DATASET,  # approves what it names, or else the pending proposal as a whole
            id="id", sharing=SHARING + "?", opening=OPENING + "?", sharing_conditions="map?", opening_conditions="map?",
            fields="map?", assumed="texts?",
        ),
        _kind("dataset.basis_recorded", _DATASET, id="id", basis="text"),
        _kind(
            "dataset.ban_assessed", _DATASET,
            id="id", law="no|yes|carved_out?", security="no|yes?", identity="no|yes?", basis="text?", assumed="texts?",
        ),
        _kind("dataset.treated", _DATASET, id="id", method="text"),
        _kind("dataset.relisted", _DATASET, id="id", opening="unconditional|conditional"),
        _kind("dataset.graded", _DATASET, id="id", grade="general|important|core", assumed="texts?"),
        _kind(
            "dataset.regime_marked", _DATASET,
            id="id", regime="none|state_secret|work_secret|statistics|archives|other", basis="text?", assumed="texts?",
        ),
        _kind("dataset.personal_assessed", _DATASET, id="id", personal="none|personal|sensitive", assumed="texts?"),
        _kind("dataset.base_set", _DATASET, id="id", base_set="population|legal_entity|geospatial|macro_economy|none"),
        _kind("dataset.aggregated", _DATASET, id="id"),
        _kind("dataset.linked", _DATASET, id="id", assumed="texts?"),
        _kind("dataset.refreshed", _DATASET, id="id"),
        _kind("dataset.reviewed", _DATASET, id="id"),
        _kind("dataset.retired", _DATASET, id="id", reason="text?"),
        _kind(
            "combination.assessed", "combination/{datasets}",
            datasets="ids", identity="no|yes", regime="none|state_secret|work_secret?", basis="text?",
        ),
        # Share applications (art_21) and what follows (art_22, art_24)
        _kind(
            "application.received", "application/{id} applications/{dataset}/{applicant}",
            id="id", applicant="id", dataset="id", scenario="id?", scenario_text="text?",
            scope="map?",  # {fields, rows, quota, until, users, outputs}
            purpose="duty|service?", duty="id?", assumed="texts?",
        ),
        _kind("application.acknowledged", _APPLICATION, id="id"),
        _kind("application.incomplete_noticed", _APPLICATION, id="id", note="text?"),
        _kind("application.completed", _APPLICATION, id="id", scenario="id?", scenario_text="text?", scope="map?"),
        _kind("application.agreed", _APPLICATION, id="id", assumed="texts?"),
        _kind(
            "application.agreed_in_part", _APPLICATION,
            id="id", scope="map", explanation="text?", statutory_cause="text?",
        ),
        _kind("application.refused", _APPLICATION, id="id", explanation="text?", statutory_cause="text?"),
        _kind("application.withdrawn", _APPLICATION, id="id"),
        _kind("application.fulfilled", _APPLICATION, id="id"),
        _kind("onward.basis_recorded", "onward/{dataset}/{subject}", id="id", subject="id", dataset="id", basis="text"),
        _kind("coordination.opened", _COORDINATION, id="id", application="id", reason="text?"),
        _kind("coordination.concluded", _COORDINATION, id="id", application="id", result="text?"),
        # Opening (art_26 to art_32)
        _kind(
            "opening.applied", "opening/{id} openings/{dataset}/{applicant}",
            id="id", applicant="id", dataset="id", scenario="id?", scenario_text="text?", scope="map?",
        ),
        _kind("opening.accepted", "opening/{id}", id="id"),
        _kind(
            "opening.approved", "opening/{id}",
            id="id", carrier="id", scope="map?", scenarios="ids?", safeguards="texts?",
        ),
        _kind("opening.rejected", "opening/{id}", id="id", explanation="text?"),
        _kind("opening.aggregated", _PUBLICATION, dataset="id", assumed="texts?"),
        _kind("opening.published", _PUBLICATION, dataset="id", assumed="texts?"),
        _kind("opening.withdrawn", _PUBLICATION, dataset="id", reason="text?"),
        _kind("safeguards.attested", "opening/{id}", id="id", met="bool", basis="text?"),
        # Objections: art_25, art_32
        _kind(
            "objection.raised", "objection/{id} dataset/{dataset}",
            id="id", objector="id", dataset="id", side="shared|open", reason="text?",
        ),
        _kind("objection.filed", "objection/{id} dataset/{dataset}", id="id", dataset="id"),
        _kind("objection.extended", "objection/{id} dataset/{dataset}", id="id", dataset="id", until="day"),
        _kind("objection.corrected", "objection/{id} dataset/{dataset}", id="id", dataset="id"),
        _kind("objection.rejected", "objection/{id} dataset/{dataset}", id="id", dataset="id", reason="text?"),
        _kind("objection.fed_back", "objection/{id} dataset/{dataset}", id="id", dataset="id"),
        # Supervision: art_37, art_41, art_42
        _kind(
            "sanction.suspended", "sanction/{id} sanctions/{subject}",
            id="id", subject="id", datasets="ids", item="item_1|item_2|item_3|item_4", due="day", order="text?",
        ),
        _kind("sanction.corrected", "sanction/{id} sanctions/{subject}", id="id", subject="id"),
        _kind("sanction.lifted", "sanction/{id} sanctions/{subject}", id="id", subject="id"),
        _kind("sanction.terminated", "sanction/{id} sanctions/{subject}", id="id", subject="id"),
        _kind(
            "rectification.ordered", "rectification/{id} rectifications/{body}",
            id="id", body="id",
            item="item_1|item_2|item_3|item_4|item_5|item_6|item_7|item_8|item_9", due="day", order="text?",
        ),
        _kind("rectification.verified", "rectification/{id} rectifications/{body}", id="id", body="id"),
        _kind(
            "measure.declared", "measure/{id} measures",
            id="id", scope="map",  # {datasets: ids} or {providers: ids} or {all: true}
            until="instant?", incident="text?",
        ),
        _kind("measure.lifted", "measure/{id} measures", id="id"),
        # Data bought with 财政资金 (art_17)
        _kind("procurement.recorded", _PUBLICATION, dataset="id"),
        _kind("procurement.filed", _PUBLICATION, dataset="id"),
        _kind("procurement.unsuitability_recorded", _PUBLICATION, dataset="id", basis="text"),
    )
}
