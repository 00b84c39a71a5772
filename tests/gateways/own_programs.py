"""Programs without a gateway: OPA's own client that asks for itself, PostgreSQL that carries decisions out itself."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from adapters.enforcement.postgres import SET, ReleasedTable, settings_of, setup_sql
from adapters.enforcement.token import Wanted
from tests.adapters.stores.postgres import serving
from tests.gateways.checks import question
from tests.gateways.data_api import ROWS as ROWS_OF_DATA
from tests.gateways.programs import TOOLS
from tests.gateways.scene import SDK, Client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.gateways.scene import Scene

SDK_VERSION, SDK_FOLDER = "2.0.0", TOOLS / "opa_sdk/node_modules/@open-policy-agent/opa"
PEOPLE = ReleasedTable(
    "people", {name: name for name in ("name", "phone", "dept", "age")}, frozenset({"name", "phone", "dept"}),
    {"dept": "text"},
)  # fmt: skip


def by_sdk(scene: Scene) -> dict[str, dict[str, object]]:
    """Return what the TypeScript SDK of OPA makes of our answers: case -> what it told, or what it threw."""
    put = {
        "url": scene.service.url, "key": SDK, "nowhere": f"http://127.0.0.1:{scene.nobody.getsockname()[1]}",
        "permit": question("W", ["name"]), "refusal": question("S", ["name"]),
    }  # fmt: skip
    program = str(Path(__file__).with_name("opa_sdk.mjs"))
    command = ["node", program, str(SDK_FOLDER / "dist/esm/index.js"), json.dumps(put)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    seen: dict[str, dict[str, object]] = json.loads(ran.stdout)
    return seen


def sdk_answers(seen: Mapping[str, Mapping[str, object]]) -> str:
    """Row 24."""
    assert seen["permit"] == {"told": True}, seen
    assert seen["picked"] == {"told": True}, seen
    assert seen["refusal"] == {"told": False}, seen
    (result,) = seen["object"].values()
    assert isinstance(result, dict)
    assert (result["allow"], result["status"]) == (False, 403), result
    assert any("\u4e00" <= sign <= "\u9fff" for sign in result["reason"]), result
    return "`true`, `false`, the reason in Chinese"


def sdk_batch(seen: Mapping[str, Mapping[str, object]]) -> str:
    """Row 25."""
    assert seen["batch"] == {"told": {"one": True, "two": False}}, seen
    return "each its own answer"


def sdk_closed(seen: Mapping[str, Mapping[str, object]]) -> str:
    """Row 26."""
    threw = {case: seen[case]["threw"] for case in ("unknown", "default", "stranger", "down")}
    return ", ".join(f"{case}: {fault}" for case, fault in threw.items())


def in_postgresql(scene: Scene) -> dict[int, str]:
    """Return what PostgreSQL shows of the data that a gateway's permit in part releases: row -> what was seen."""
    assert Client(scene, "nginx").call("R", fields=None).status == 200
    (token,) = scene.data_api.reached[-1].all("x-decision-token")
    decided = scene.data_api.verifier.verify([token], Wanted("R", "read", None))
    with serving() as server, psycopg.connect(server.url(), autocommit=True) as owner:
        owner.execute("CREATE TABLE people (name text, phone text, dept text, age bigint)")
        owner.execute("CREATE ROLE release_view NOLOGIN; CREATE ROLE data_reader NOLOGIN")
        owner.execute(setup_sql(PEOPLE, "release_view", "data_reader").encode())
        for row in ROWS_OF_DATA:
            owner.execute("INSERT INTO people VALUES (%(name)s, %(phone)s, %(dept)s, %(age)s)", row)
        with psycopg.connect(server.url()) as reader:
            reader.execute("SET SESSION AUTHORIZATION data_reader")
            reader.commit()
            return {27: released_rows(reader, settings_of(decided, PEOPLE)), 28: nothing_set(reader)}


def released_rows(reader: psycopg.Connection, setting: str) -> str:
    """Row 27."""
    with reader.transaction():
        reader.execute(SET, [setting])
        found = reader.execute("SELECT name, phone, dept, age FROM people_released").fetchall()
    assert found == [("甲", "139****5678", "A", None)], found
    return "the rows and values that the data API releases"


def nothing_set(reader: psycopg.Connection) -> str:
    """Row 28."""
    assert reader.execute("SELECT * FROM people_released").fetchall() == []  # behind the transaction that had it set
    reader.rollback()
    try:
        reader.execute("SELECT * FROM people")
    except psycopg.errors.InsufficientPrivilege:
        reader.rollback()
        return "no rows; permission denied"
    return "the table can be read"
