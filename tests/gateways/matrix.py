"""The conformance table: what must hold behind every gateway, row by row. One table; a page is printed from it.

`python -m tests.gateways.matrix docs/gateways.md` runs every row against every gateway and writes the page.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.gateways import checks
from tests.gateways.beside_opa import OPA_VERSION, asked_of_both
from tests.gateways.load import survived
from tests.gateways.own_programs import SDK_VERSION, by_sdk, in_postgresql, sdk_answers, sdk_batch, sdk_closed
from tests.gateways.programs import PROGRAMS
from tests.gateways.repeats import repeated
from tests.gateways.scene import Client, open_scene

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


SDK_NAME = "opa_sdk"
OF_ENVOY = dict.fromkeys(("nginx", "caddy", "haproxy"), "Envoy's own setting")


@dataclass(frozen=True)
class Row:
    """One promise: its number and title, what must be seen, and the check that returns what was seen."""

    number: int
    title: str
    expected: str
    check: Callable[[Client], str] | None = None
    not_run: Mapping[str, str] = field(default_factory=dict)  # gateway -> why not

    def seen(self, client: Client) -> str:
        """Return what is seen behind a gateway; fail where it is not what must be."""
        if self.check is None:
            return f"not run: {self.not_run['']}"
        why = self.not_run.get(client.name)
        return self.check(client) if why is None else f"not run: {why}"


ROWS = (
    Row(1, "PERMIT", "200; four headers arrive; the token verifies", checks.permit),
    Row(2, "PARTIAL: the data API enforces / nobody does",
        "200, rows filtered, fields masked / 403 `partial_not_enforceable`", checks.partial),
    Row(3, "DENY, REFER, INDETERMINATE", "403, Chinese reason readable; data API not called", checks.refusals),
    Row(4, "end user's token missing, expired, `alg: none`, HS/EdDSA confusion, foreign `kid`", "401 with "
        "`WWW-Authenticate`", checks.tokens),
    Row(5, "service down, back again / slow", "503 at once, the next one is asked again / 503", checks.down_and_slow),
    Row(6, "service answers 503", "503; nothing released", checks.failing),
    Row(7, "a stand-in answers what the service never does: 200 without a token, 201, 204, 302, 400, 404, 429, 500; "
        "over gRPC no status, code 0 with a denial, an error", "pinned; never data", checks.strange_answers),
    Row(8, "gateway credential wrong", "403, logged, no decision", checks.credentials),
    Row(9, "forged `X-Decision-*`, `X-Obligations`, `X-Subject-*` on an allow", "our values, once",
        checks.forged_answers),
    Row(10, "forged `X-Forwarded-*`, `X-Original-*`, `X-Gateway-Token`; `X-Rewrite-URL`, `X-HTTP-Method-Override`",
        "no effect on the question, none that rewrites at the data API", checks.forged_questions),
    Row(11, "doubled `Authorization`, `X-Data-Scenario`, `Host`, query member", "refused", checks.doubled),
    Row(12, "path tricks", "400, 403 or 404, never the data", checks.path_tricks),
    Row(13, "`Content-Length` with `Transfer-Encoding`; bare LF; 64 KB header; 10,000 headers",
        "4xx, closed, or one call and no more",
        checks.smuggling),
    Row(14, "what is released is too long for a header: token by reference", "200, the same rows", checks.by_reference),
    Row(15, "body of 5 MB; `Expect: 100-continue`; PUT, DELETE, HEAD, OPTIONS", "the true method; body whole",
        checks.methods),
    Row(16, "unknown route, unknown host", "403, the remedy says where to register", checks.unknown_routes),
    Row(17, "the caller's request id ×4, and once more for another address; no id", "each recorded, grouped when the "
        "log is read; the gateway gives one", repeated),
    Row(18, "a grant withdrawn between two equal requests", "the second refused", checks.withdrawn),
    Row(19, "data API called past the gateway; with another request's token; twice; altered", "403",
        checks.around_the_gateway),
    Row(20, "`failure_mode_allow: true`, service down", "gateway lets through; data API refuses", checks.failing_open,
        OF_ENVOY),
    Row(21, "32 connections, the service restarted twice meanwhile", "no 2xx without a record, no 5xx but 503",
        survived),
    Row(22, "all doors, one question", "equal outcome, findings, duties", checks.same_answer),
    Row(29, "`Connection` that names our headers; `Upgrade` to h2c or websocket", "ours arrive, or refused; no upgrade",
        checks.hop_by_hop),
)  # fmt: skip

POSTGRESQL = "postgresql"
POSTGRESQL_ROWS = (
    Row(27, "a permit in part, its token verified, set for one transaction", "rows filtered, fields masked"),
    Row(28, "nothing set; the table itself", "no rows; permission denied"),
)
"""What a reader sees in PostgreSQL, row-level security and a view carrying out what the token says."""
OPA = "opa"
OPA_ROWS = (Row(23, "OPA and this service, equal requests", "equal envelopes"),)
"""What a real OPA server and the service answer to the same requests."""
SDK_ROWS = (
    Row(24, "permit, refusal", "`true`, `false`; the reason is there"),
    Row(25, "batch", "each item its own answer"),
    Row(26, "unknown document, the default one, foreign key, service down", "throws: nothing is read as an allow"),
)
"""What the TypeScript SDK of OPA sees; its checks are in SDK_CHECKS."""
ALONE = {OPA: OPA_ROWS, SDK_NAME: SDK_ROWS, POSTGRESQL: POSTGRESQL_ROWS}
SDK_CHECKS = {24: sdk_answers, 25: sdk_batch, 26: sdk_closed}
INTRO = """# Gateways: what holds behind each

Printed by `python -m tests.gateways.matrix docs/gateways.md`, which runs every row against the real programs, in front of a recording
data API and a real `pdp serve`, with the configuration files of `examples/gateways/`. `make test` runs the same rows, and fails where
this page says otherwise.

"""  # noqa: E501 -- lines of a page
OUTRO = """
Not run: Traefik, APISIX, Kong, Higress (no plain package to install; they speak the same doors); Trino, Kafka, Spring (their clients
are Java). A bare LF ends a line for all five, and what they hand on has none. HAProxy and Caddy read two lengths as chunked, and hand
one on. How each is pointed at the service: `docs/gateways-setup.md`.
"""  # noqa: E501 -- lines of a page


def page(seen: Mapping[str, Mapping[int, str]]) -> str:
    """Return the page that tells what was seen: gateway -> row -> words."""
    versions = "\n".join(f"* {program.shown}: {program.version}" for program in PROGRAMS.values())
    shown = [program.shown for program in PROGRAMS.values()]
    lines = [f"| # | Row | Expected | {' | '.join(shown)} |", "|" + "---|" * (3 + len(shown))]
    for row in ROWS:
        cells = [seen[name][row.number] for name in PROGRAMS]
        lines.append(f"| {row.number} | {row.title} | {row.expected} | {' | '.join(cells)} |")
    sdk = [f"| # | Row | Expected | TypeScript SDK of OPA {SDK_VERSION} |", "|---|---|---|---|"]
    sdk += [f"| {row.number} | {row.title} | {row.expected} | {seen[SDK_NAME][row.number]} |" for row in SDK_ROWS]
    sql = ["| # | Row | Expected | PostgreSQL, row-level security |", "|---|---|---|---|"]
    sql += [
        f"| {row.number} | {row.title} | {row.expected} | {seen[POSTGRESQL][row.number]} |" for row in POSTGRESQL_ROWS
    ]
    opa = [f"| # | Row | Expected | OPA {OPA_VERSION} |", "|---|---|---|---|"]
    opa += [f"| {row.number} | {row.title} | {row.expected} | {seen[OPA][row.number]} |" for row in OPA_ROWS]
    headed = {
        "OPA's own server beside this service, at the same addresses:": opa,
        "A program that asks for itself, at the OPA Data API:": sdk,
        "A database that carries decisions out itself:": sql,
    }
    tables = "".join(f"\n\n{head}\n\n" + "\n".join(table) for head, table in headed.items()) + "\n"
    return INTRO + versions + "\n\n" + "\n".join(lines) + tables + OUTRO


def told(path: Path) -> dict[str, dict[int, str]]:
    """Return what a page tells: gateway -> row -> words."""
    alone = {row.number: name for name, rows in ALONE.items() for row in rows}
    found: dict[str, dict[int, str]] = {name: {} for name in (*PROGRAMS, *ALONE)}
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0].isdigit():
            names = tuple(PROGRAMS) if len(cells) > len(PROGRAMS) else (alone[int(cells[0])],)
            for name, words in zip(names, cells[3:], strict=True):
                found[name][int(cells[0])] = words
    return found


def main(target: Path) -> None:
    """Run everything and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        scene = open_scene(Path(folder))
        try:
            seen = {name: {row.number: row.seen(Client(scene, name)) for row in ROWS} for name in PROGRAMS}
            told_to_sdk = by_sdk(scene)
            seen[SDK_NAME] = {number: check(told_to_sdk) for number, check in SDK_CHECKS.items()}
            seen[POSTGRESQL] = in_postgresql(scene)
            seen[OPA] = asked_of_both(scene)
        finally:
            scene.close()
    target.write_text(page(seen), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
