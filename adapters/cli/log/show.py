"""`pdp log show`: one record's whole course, told for a lawyer, and the proof that it stands in the log."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer
from rich.console import Console
from rich.progress import track

from adapters.cli.log.activated import activation_of
from adapters.cli.log.finding import find, readable_logs
from adapters.cli.log.history import same_question
from adapters.cli.log.proving import prove
from adapters.cli.log.replay_jobs import Loaded
from adapters.cli.log.show_view import Shown, plain, show
from adapters.cli.log.telling import teller_for
from adapters.settings import load_settings
from pdp.explain import explain
from pdp.explanation import Section, Words
from pdp.law import Instrument
from pdp.log.entry import leaf_hash
from pdp.log.incident import incident
from pdp.log.readable import Legend, spell_out
from pdp.log.story import Teller, story
from pdp.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.cli.log.activated import Activation
    from adapters.cli.log.proving import Json
    from adapters.settings import Settings

_NO_LAW: Final = Instrument("", "", "", "", date.min, None, {})  # of a revision whose files are not at hand

_What = Annotated[str, typer.Argument(help="记录的编号,或者在日志中的序号", metavar="ID|INDEX")]
_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹:账本、决策日志、密钥", file_okay=False)]
_Policies = Annotated[
    Path | None, typer.Option("--policies", help="该记录所依版本的规则文件夹;默认为现行规则", file_okay=False)
]


def command(  # noqa: PLR0913  # what can be chosen on a command line
    what: _What,
    data: _Data = None,
    policies: _Policies = None,
    *,
    log: Annotated[str | None, typer.Option("--log", help="只看这一本日志,例如 n1-0")] = None,
    history: Annotated[bool, typer.Option("--history", help="一并列出同一请求前后的决定(通读日志)")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
    english: Annotated[bool, typer.Option("--english", help="用英文讲述 · tell it in English")] = False,
) -> None:
    """讲述一条记录的来龙去脉,并当场证明它在日志之中。退出码:0 证明成立,1 不成立,2 找不到或者无法读取。"""  # noqa: D415  # as Chinese ends
    settings = load_settings({"data": data}, os.environ)
    readers = readable_logs(settings.data, log)
    entry = find(readers, what)
    record = orjson.loads(entry.data)["record"]
    proof = prove(entry, settings.data, settings.log, _watched)
    told = _told(record, settings, policies, activation_of(entry, record) if record["kind"] == "decision" else None)
    found = same_question(readers, record, _watched) if history else None
    shown = Shown(entry, record, leaf_hash(entry.data).hex(), *told, proof, found)
    if as_json:
        typer.echo(json.dumps(plain(shown), ensure_ascii=False, indent=1))
    else:
        show(Console(), shown, english=english)
    if not proof.holds:
        raise typer.Exit(1)


def _told(
    record: Json, settings: Settings, policies: Path | None, activation: Activation | None
) -> tuple[Json, tuple[Section, ...], bool, Activation | None]:
    """Return the record spelled out, its story, whether its own words were at hand, and what brought them in force."""
    if "request" not in record:
        return record, incident(record, Teller()), True, None
    loaded = Loaded.of(policies) if policies else Loaded.in_force(settings)
    own = record["kind"] != "decision" or record["revision"]["set"] == loaded.set
    teller = teller_for(record, settings.data, loaded, own=own)
    if record["kind"] != "decision":
        return record, incident(record, teller), own, None
    legend = _legend(loaded, activation, own=own)
    try:
        spelled = spell_out(record, legend) if legend is not None else None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        spelled = None  # whoever wrote it was no service; it is proved and shown as it stands
    return (spelled, _sections(spelled, teller), own, activation) if spelled else (record, (), own, None)


def _legend(loaded: Loaded, activation: Activation | None, *, own: bool) -> Legend | None:
    """Return how the record is read: by its own policy files, or else by what the log says of them."""
    duties = loaded.rulebook.duties
    if own:
        parameters = {duty.id: duty.parameters for duty in duties.obligations.values()}
        observed = frozenset(way.id for way in duties.remedies.values() if way.ask == "observer")
        return Legend(tuple(loaded.rulebook.vocabulary.facts), parameters, observed)
    return Legend(tuple(activation.record["facts"])) if activation is not None else None


def _sections(spelled: Json, teller: Teller) -> tuple[Section, ...]:
    """Return the story with what an explanation says of the consequences."""
    nothing = Words(_NO_LAW, Vocabulary.of({}), {}, {}, {}, {}, {}, {})
    explained = {section.id: section for section in explain(_naming(spelled, teller), teller.words or nothing).sections}
    told = {section.id: section for section in story(spelled, teller)}
    order = (
        *("conclusion", "question", "facts", "overlays", "rules", "combined"),
        *("duties", "advisories", "remedies", "valid_until"),
    )
    return tuple(section for name in order if (section := told.get(name) or explained.get(name)) is not None)


def _naming(spelled: Json, teller: Teller) -> Json:
    """Return the record with the name of the body to ask in place of its id."""
    ways = [
        {**way, "ask": teller.named(way["ask"])} if "ask" in way else way for way in spelled.get("remedies", ())
    ]  # fmt: skip
    return {**spelled, "remedies": ways} if ways else spelled


def _watched(entries: Iterable[tuple[int, bytes]], size: int) -> Iterable[tuple[int, bytes]]:
    """Show progress while entries are read."""
    return track(entries, "通读日志", size, console=Console(stderr=True), transient=True)
