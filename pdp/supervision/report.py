"""A report: everything that was found at one instant, in an order that lasts, whom it concerns, and page by page."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pdp.errors import RequestError
from pdp.supervision import misconduct, misuse
from pdp.supervision.finding import NOT_COMPUTED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from pdp.ledger.world import World
    from pdp.supervision.decided import Record
    from pdp.supervision.finding import Finding, Reader

RULES: Final = misconduct.RULES | misuse.RULES
"""The rules of which supervision looks for decisions; what no decision under them says, no finding rests on."""
NOTICE: Final = (
    "以上是账本和决策日志所显示的情况,供有权机关核查,都不是处置,也不是整改要求;"
    "没有列出的不等于没有问题,看不到的已逐项写明"
)
_ARTICLES: Final = frozenset(unit.rpartition("__item_")[0] for unit in NOT_COMPUTED)
_MISUSE: Final = "art_42"
_MEMBERS: Final = 4  # of a place
_COUNTS: Final = re.compile(r"\d+")

_Place = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Leads:
    """What was read of the decision log."""

    records: tuple[Record, ...]  # in the readable form, cut to what supervision reads
    left_out: int = 0  # older ones under the same rules, more than are held at one time
    unreadable: int = 0  # that no service of this kind can have written


@dataclass(frozen=True, slots=True)
class Report:
    """What was found at `at`, from decisions since `since`. `findings` are in the order of their pages."""

    at: datetime
    since: datetime
    findings: tuple[Finding, ...]
    providers: Mapping[str, frozenset[str]]  # of the entries that findings under art_42 are about
    left_out: int
    unreadable: int

    def chosen(
        self, article: str = "", subject: str = "", bodies: Collection[str] | None = None
    ) -> tuple[Finding, ...]:
        """Return the findings under `article` and what is below it, on `subject`, that concern one of `bodies`.

        A finding under art_41 concerns the body that it is on, one under art_42 the bodies whose data it is about, for
        they are to order that it be corrected (公共机构应当按照职责责令改正). Empty: every article, everyone; `bodies`
        None: whomever it concerns. Source: art_41__para_1, art_42__para_1.
        """
        return tuple(
            found
            for found in self.findings
            if within(found.article, article)
            and subject in {"", found.subject}
            and (bodies is None or not self._concerned(found).isdisjoint(bodies))
        )

    def _concerned(self, found: Finding) -> frozenset[str]:
        if within(found.article, _MISUSE):
            return self.providers.get(found.dataset, frozenset())
        return frozenset({found.subject})


def report(ledger: Reader, world: World, now: datetime, since: datetime, leads: Leads) -> Report:
    """Return what is known of art_41__para_1 and art_42__para_1 at `now`. It makes no statement.

    Args:
        ledger: the one that `world` sees.
        world: bodies, entries, applications.
        now: the instant, aware.
        since: the instant from which on decisions were read.
        leads: those that were read; others are not taken into account.

    Raises:
        UnavailableError: the ledger cannot be read.
    """
    records = leads.records
    used = misuse.findings(ledger, world, now, records)
    found = [*misconduct.findings(ledger, world, now, records), *used]
    entries = {name: world.dataset(name, now) for name in {one.dataset for one in used if one.dataset}}
    providers = {name: frozenset({entry.provider, *entry.joint_providers}) for name, entry in entries.items()}
    return Report(now, since, ordered(found), providers, leads.left_out, leads.unreadable)


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in the order of their pages: article, on whom, since when. More evidence does not change it."""
    return tuple(sorted(findings, key=_place))


def page(findings: Iterable[Finding], after: str, size: int) -> tuple[tuple[Finding, ...], str]:
    """Return at most `size` of `findings` behind the cursor `after`, and the cursor of the rest; empty: none is left.

    `findings` are in order.
    A cursor is a place in the order, so it holds for a later report too.

    Raises:
        RequestError: `after` is no cursor.
    """
    begin = _read(after) if after else ("", "", "", "")
    rest = [found for found in findings if _place(found) > begin]
    shown = rest[:size]
    return tuple(shown), _spelled(_place(shown[-1])) if len(rest) > size else ""


def not_computed(article: str = "") -> dict[str, str]:
    """Return what of `article` and below it cannot be seen, item -> why, in Chinese."""
    return {item: why for item, why in NOT_COMPUTED.items() if within(item, article)}


def check_article(article: str) -> None:
    """Return if findings can be under `article`.

    Raises:
        RequestError: it is neither art_41 nor art_42, nor below one of them.
    """
    known = NOT_COMPUTED.keys() | _ARTICLES | {unit.partition("__")[0] for unit in _ARTICLES}
    if article and article not in known:
        place, fault = (
            "article",
            "must be art_41, art_42, or a paragraph or item of theirs, such as art_41__para_1__item_5",
        )
        raise RequestError(place, fault)


def within(unit: str, article: str) -> bool:
    """Return whether `unit` is `article` or below it; everything is below the empty one."""
    return not article or unit == article or unit.startswith(f"{article}__")


def _place(found: Finding) -> _Place:
    """Return where a finding stands: by article, on whom, since when; what more evidence does not change."""
    since = found.since.isoformat() if found.since else ""
    first = str(found.statements[0]) if found.statements else found.decisions[0]
    what = f"{found.dataset} {_COUNTS.sub('', found.zh)}"
    return found.article, found.subject, since, f"{first} {hashlib.sha256(what.encode()).hexdigest()[:12]}"


def _spelled(place: _Place) -> str:
    return urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read(cursor: str) -> _Place:
    try:
        members = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        members = None
    if not isinstance(members, list) or len(members) != _MEMBERS or not all(isinstance(one, str) for one in members):
        place, fault = "after", "is no cursor of findings; give what the page before named as next"
        raise RequestError(place, fault)
    return members[0], members[1], members[2], members[3]
