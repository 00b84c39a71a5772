"""Through which door the data would flow, and in which form.

Sources: art_3__para_2, art_15__para_1, art_17__para_1, art_20__para_1, art_21__para_2, art_26__para_2, art_26__para_3.
"""

from __future__ import annotations

from pdp.facts.situation import NOT_APPLICABLE, Found, Situation, said

CHANNELS = frozenset(
    {"directory_chain", "bigdata_platform", "city_open_platform", "other_carrier", "own_system", "direct"}
)
CARRIERS = frozenset({"carrier", "approved_carrier"})
MODES = frozenset({"api", "bulk", "online_view"})


def channel(situation: Situation) -> Found:
    """Return the path by which data would flow.

    The list of carriers is open (等): any registered carrier that the approval names is an approved one. As long as
    no approval names one, a registered carrier is not the wrong door: what is missing then is the approval, and the
    fact `authority` says so.
    Source: art_20__para_1, art_21__para_2, art_26__para_2, art_26__para_3.
    """
    named = situation.request.channel
    if named in CHANNELS:
        return named, ()
    if named not in CARRIERS:
        return "unknown", ()
    carrier, application = situation.request.carrier, situation.application
    approved = application.carrier if application is not None else ""
    if carrier is None or approved not in {"", carrier}:
        return "other_carrier", ()
    registered = situation.read(situation.setting.world.carrier(carrier, situation.now))
    return ("approved_carrier" if registered.registered else "other_carrier"), said(registered, "carrier")


def delivery(situation: Situation) -> Found:
    """Return the form in which data is handed over. Source: art_17__para_1."""
    if situation.operation == "query_catalogue":
        return NOT_APPLICABLE
    mode = situation.request.mode
    return (mode if mode in MODES else "unknown"), ()
