"""What a story needs beside the log: names and statements from the ledger, words from the policy files."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from adapters.cli.log.replay_today import ledger_in
from adapters.gateways.act_words import ACT_WORDS
from adapters.gateways.words_in_force import words_of
from pdp.explanation import Paragraph
from pdp.ledger.speakers import REGISTRAR
from pdp.ledger.world import World
from pdp.log.story import Teller
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from adapters.cli.log.replay_jobs import Loaded
    from adapters.stores.sqlite_ledger import SqliteLedger
    from pdp.ledger.statement import Statement
    from pdp.workdays import Calendar

Json = dict[str, Any]
_OFFICES: Final = {REGISTRAR: "登记部门"}  # who records what no body on record says


def teller_for(record: Json, data: Path, loaded: Loaded, *, own: bool) -> Teller:
    """Return what is known beside the log of a decoded record.

    Args:
        record: of any kind, as it stands.
        data: the data folder; one without a ledger tells nothing more.
        loaded: policy files that are at hand.
        own: whether they are those of the record's revision, so that their words are its words.
    """
    words = words_of(loaded.rulebook, loaded.policies.instrument) if own else None
    if not (data / "ledger.sqlite").exists():
        return Teller(words)
    with ledger_in(data, loaded) as ledger:
        at = datetime.fromisoformat(record["at"]).astimezone(SHANGHAI)
        policies = loaded.policies
        world = World(ledger, policies.calendar, policies.readings, policies.instrument.in_force_from)
        evidence = set(_evidence(record))
        said = _statements(ledger, evidence)
        ids = {*_ids(record.get("request", {})), *(statement.by for statement in said.values()), record.get("ask", "")}
        names = _names(world, ids, at)
    sources = {one: _statement(statement, names) for one, statement in said.items()}
    sources |= {one: _file(one, loaded) for one in evidence if one.startswith("f:")}
    sources |= {one: _calendar(one, policies.calendar) for one in evidence if one.startswith("c:")}
    return Teller(words, names, sources)


def _evidence(record: Json) -> Iterable[str]:
    """Yield everything that the facts of a record rest on."""
    for group in record.get("groups", [record]):
        for words in group.get("evidence", "").split(";"):
            source = words.rpartition(" ")[0]
            if source:
                yield source


def _statements(ledger: SqliteLedger, evidence: Iterable[str]) -> dict[str, Statement]:
    """Return the statements of the ledger among `evidence`."""
    wanted = {int(one[2:]): one for one in evidence if one.startswith("s:") and one[2:].isdigit()}
    found = {}
    for seq, one in wanted.items():
        statement = next(iter(ledger.statements(seq - 1)), None)
        if statement is not None and statement.seq == seq:
            found[one] = statement
    return found


def _ids(request: Json) -> Iterable[str]:
    """Yield the ids in a question that the ledger may have names for."""
    for party in (request.get("subject", {}), request.get("agent", {})):
        yield from (str(party[name]) for name in ("body", "system") if name in party)
    yield from (str(request[name]) for name in ("dataset", "carrier") if name in request)
    yield from request.get("combined_with", ())


def _names(world: World, ids: Iterable[str], at: datetime) -> Mapping[str, str]:
    """Return the names that bodies, units and datasets had at an instant."""
    named = {id_: world.subject(id_, at).name or world.dataset(id_, at).title for id_ in ids}
    return {id_: name for id_, name in named.items() if name}


def _statement(said: Statement, names: Mapping[str, str]) -> Paragraph:
    by, kind = names.get(said.by) or _OFFICES.get(said.by, said.by), ACT_WORDS.get(said.kind, said.kind)
    at = f"{said.at:%Y-%m-%d %H:%M}"
    late = said.recorded_at is not None and said.recorded_at.date() != said.at.date()
    told = f",{said.recorded_at:%Y-%m-%d %H:%M} 记录" if late else ""
    told_en = f", recorded {said.recorded_at:%Y-%m-%d %H:%M}" if late else ""
    return Paragraph(
        f"账本第 {said.seq} 条:{by}于 {at} {kind}{told}", f"statement {said.seq}: {said.kind} by {by} at {at}{told_en}"
    )


def _file(one: str, loaded: Loaded) -> Paragraph:
    path, law = one[2:], loaded.policies.instrument
    if path == f"law/{law.id}.yaml":
        return Paragraph(f"《{law.title}》登记", f"register of {law.id}")
    return Paragraph(f"规则文件 {path}", f"policy file {path}")


def _calendar(one: str, calendar: Calendar) -> Paragraph:
    path = one[2:]
    year = next((year for year, file in calendar.files.items() if file.endswith(path)), None)
    notice = calendar.notices.get(year, "") if year is not None else ""
    return Paragraph(f"工作日历 {path}({notice})" if notice else f"工作日历 {path}", f"calendar {path}")
