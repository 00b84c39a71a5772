"""The questions that regulators ask, as SQL files that lawyers can read: what each is for, asks and shows.

A file begins with comment lines: the purpose; `articles:`; `needs:` (`ledger`, `policies`); a `parameter:` line each
(`name kind title`, `= default` behind it where it may be left out); a `column:` line each (`name title`); then notes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from adapters.exports.database import Database, Rows
    from pdp.ledger.statement import Statement
    from pdp.rulebook.policy_set import PolicySet

ORDER: Final = (
    *("who-read", "what-did", "person", "refusals-by-ground", "by-article", "deemed-consent", "by-reading"),
    *("under-revision", "doubts", "after-sanction", "off-channel", "open-duties", "stale", "partial", "unreleased"),
    *("gaps", "changed-answer", "volume"),
)
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
END: Final = datetime(9999, 1, 1, tzinfo=UTC)
_PARAMETER: Final = re.compile(r"(\w+) (text|number) ([^=]+?)(?: = (\S+))?")
_STATEMENTS: Final = {
    "seq": "BIGINT",
    "kind": "VARCHAR",
    "at": "TIMESTAMPTZ",
    "by": "VARCHAR",
    "body": "JSON",
    "recorded_at": "TIMESTAMPTZ",
}
_READINGS: Final = {"reading": "VARCHAR", "chosen": "VARCHAR", "question": "VARCHAR", "rules": "VARCHAR[]"}
_PERIOD: Final = (
    """CREATE VIEW period AS SELECT * FROM entries
    WHERE "at" >= getvariable('since') AND "at" < getvariable('until')""",
    "CREATE VIEW decisions AS SELECT * FROM period WHERE kind = 'decision'",
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that a question leaves open."""

    name: str
    kind: str  # text | number
    title: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Query:
    """One question."""

    name: str
    purpose: str
    articles: tuple[str, ...]
    needs: frozenset[str]  # of ledger, policies
    parameters: tuple[Parameter, ...]
    titles: Mapping[str, str]  # of columns
    notes: tuple[str, ...]
    sql: str

    def values(self, given: Sequence[str]) -> dict[str, str | float]:
        """Return the values of the parameters: `name=value` each, or plain values in the order of the parameters.

        Raises:
            RequestError: one is missing, unknown, given twice, or no number where one is asked for.
        """
        named = {parameter.name: parameter for parameter in self.parameters}
        open_, values = list(self.parameters), dict[str, str | float]()
        for word in given:
            name, sign, value = word.partition("=")
            if not sign or name not in named:
                name, value = (open_[0].name, word) if open_ else ("", word)
            if name not in named or name in values:
                raise RequestError(word, f"{self.name} 没有这一参数,或者已经给出;参数:{self.signature or '无'}")
            values[name] = _value(named[name], value)
            open_ = [parameter for parameter in open_ if parameter.name not in values]
        for parameter in open_:
            if parameter.default is None:
                raise RequestError(
                    self.name, f"请给出{parameter.title};例如 pdp log query {self.name} {parameter.name}=…"
                )
            values[parameter.name] = _value(parameter, parameter.default)
        return values

    @property
    def signature(self) -> str:
        """Return the parameters as help shows them."""
        shown = [one.name.upper() if one.default is None else f"[{one.name}={one.default}]" for one in self.parameters]
        return " ".join(shown)


@cache
def queries() -> dict[str, Query]:
    """Return all questions by name, in the order of their importance."""
    folder = files("adapters.exports") / "queries"
    return {name: parsed(name, (folder / f"{name}.sql").read_text(encoding="utf-8")) for name in ORDER}


def parsed(name: str, text: str) -> Query:
    """Return the question in a file."""
    said: dict[str, list[str]] = {"": [], "articles": [], "needs": [], "parameter": [], "column": []}
    for line in text.splitlines():
        if not line.startswith("-- "):
            break
        key, sign, rest = line.removeprefix("-- ").partition(": ")
        said[key if sign and key in said else ""].append(rest if sign and key in said else line.removeprefix("-- "))
    columns = [line.partition(" ") for line in said["column"]]
    return Query(
        name,
        said[""][0],
        tuple(" ".join(said["articles"]).split()),
        frozenset(" ".join(said["needs"]).split()),
        tuple(map(_parameter, said["parameter"])),
        {column: title for column, _, title in columns},
        tuple(said[""][1:]),
        text,
    )


def ask(  # noqa: PLR0913  # a question, its values and period, and what else it may need
    database: Database,
    query: Query,
    values: Mapping[str, str | float],
    *,
    since: datetime = BEGINNING,
    until: datetime = END,
    statements: Iterable[Statement] = (),
    policies: tuple[PolicySet, str] | None = None,
) -> Rows:
    """Return the answer to `query`.

    Args:
        database: on the columns of the logs.
        query: one of `queries()`.
        values: of its parameters.
        since: entries from here on count.
        until: entries before here count.
        statements: of the ledger, where the question needs them.
        policies: the policies in force and their revision set, where the question needs them.

    Raises:
        UnavailableError: the columns cannot be read.
    """
    database.say({"since": since, "until": until}, _PERIOD)
    bound: dict[str, str | float] = dict(values)
    if "ledger" in query.needs:
        rows = [(said.seq, said.kind, said.at, said.by, _json(said), said.recorded_at) for said in statements]
        database.give("statements", _STATEMENTS, rows)
    if "policies" in query.needs and policies is not None:
        database.give("readings", _READINGS, _readings(policies[0]))
        bound["revision"] = policies[1]
    return database.rows(query.sql, bound)


def _readings(policies: PolicySet) -> list[tuple[str, str, str, list[str]]]:
    """Return each reading with the rules that rest on it: those it names, and those that name it."""
    rules = policies.rules
    rows = []
    for name, reading in policies.readings.entries.items():
        resting = {rule for rule, found in rules.items() if name in found.readings}
        rows.append((name, reading.chosen, reading.question, sorted(resting | set(reading.touches))))
    return rows


def _json(said: Statement) -> str:
    import orjson  # noqa: PLC0415  # only some questions need the ledger

    return orjson.dumps(dict(said.body)).decode()


def _parameter(line: str) -> Parameter:
    found = _PARAMETER.fullmatch(line)
    if found is None:
        message = f"{line!r} is no parameter: name, text or number, title, = default"
        raise ValueError(message)
    return Parameter(*found.groups())


def _value(parameter: Parameter, text: str) -> str | float:
    if parameter.kind == "text":
        return text
    try:
        return float(text)
    except ValueError as stray:
        raise RequestError(parameter.name, f'"{text}" 不是数字;请给出{parameter.title}') from stray
