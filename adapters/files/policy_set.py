"""Everything that a policy root says, read strictly and checked against itself."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from adapters.files.calendar import load_calendar
from adapters.files.duties import load_duties
from adapters.files.law import load_law
from adapters.files.pack import load_pack
from adapters.files.readings import load_readings
from adapters.files.references import check_references
from adapters.files.routes import load_routes
from adapters.files.rules import read_rules
from adapters.files.tables import read_table
from adapters.files.vocabulary import load_vocabulary
from pdp.errors import PolicyError
from pdp.ledger.kinds import KINDS
from pdp.ledger.posts import POSTS, SERVICE_ACTS
from pdp.ledger.speakers import ROLES
from pdp.rulebook.policy_set import PolicySet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pdp.vocabulary import Vocabulary

__all__ = ["PolicySet", "digest", "digests", "load_policy_set", "policy_files"]

PARTS = {  # part of the revision -> where its files lie; cases, mappings and changelogs decide nothing
    "law": ("policies/law/",),
    "policy": (
        "policies/pack.yaml",
        "policies/facts.yaml",
        "policies/duties.yaml",
        "policies/tables/",
        "policies/models/",
        "policies/routes/",
    ),
    "rego": ("rego/",),
    "readings": ("policies/readings/",),
    "calendar": ("policies/calendar/",),
}
TABLES = ("permissions", "purposes", "administration", "posts")
PERMISSIONS = ("relation", "sharing_class", "opening_class", "authority", "purpose", "channel")
PURPOSES = ("relation", "sharing_class", "opening_class", "purpose_kind")


def load_policy_set(root: Path) -> PolicySet:
    """Return what `root`, the folder that holds policies/ and rego/, says.

    Raises:
        PolicyError: the first fault found; path, line and remedy.
    """
    files = policy_files(root)
    found = _parsed(root, files)
    # the YAML readers open their files themselves; what they saw must be what the digests are of
    if policy_files(root, ".yaml") != {path: data for path, data in files.items() if path.endswith(".yaml")}:
        place = "policies"
        raise PolicyError(place, 1, "the files changed while they were read", "load again when they are settled")
    check_references(found, files)
    return found


def policy_files(root: Path, ending: str = "") -> dict[str, bytes]:
    """Return the bytes of every file that decides, by path relative to `root`; hidden files and Rego tests do not."""
    places = sorted(place for places in PARTS.values() for place in places)
    found = {}
    for path in sorted(path for place in places for path in _paths(str(root), place) if path.endswith(ending)):
        with open(f"{root}/{path}", "rb") as file:  # noqa: PTH123 - three hundred files, at every start
            found[path] = file.read()
    return found


def _paths(root: str, place: str) -> Iterator[str]:
    """Yield the path of every file at or under `place`, relative to `root`."""
    if not place.endswith("/"):
        yield from [place] if os.path.isfile(f"{root}/{place}") else []  # noqa: PTH113 - as above
        return
    for folder, _, names in os.walk(f"{root}/{place}"):
        inside = folder[len(root) + 1 :].rstrip("/")
        yield from (
            f"{inside}/{name}" for name in names if not name.startswith(".") and not name.endswith("_test.rego")
        )


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the hex SHA-256 of each part of the revision, over relative paths and bytes."""
    return {part: digest({path: files[path] for path in files if path.startswith(PARTS[part])}) for part in PARTS}


def digest(files: Mapping[str, bytes]) -> str:
    """Return the hex SHA-256 over paths and bytes, with their lengths, so that no two sets look alike."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(f"{len(path.encode())} {path} {len(files[path])}\n".encode())
        total.update(files[path])
    return total.hexdigest()


def _parsed(root: Path, files: Mapping[str, bytes]) -> PolicySet:
    policies = root / "policies"
    pack = load_pack(policies / "pack.yaml", policies)
    vocabulary = load_vocabulary(pack.vocabulary, policies)
    readings = load_readings(policies / "readings", policies)
    _refuse_stray(files)
    return PolicySet(
        instrument=load_law(pack.law, policies),
        vocabulary=vocabulary,
        readings=readings,
        calendar=load_calendar(policies / "calendar", policies),
        duties=load_duties(policies / "duties.yaml", policies),
        rules=read_rules(files, vocabulary, readings),
        permissions=read_table("permissions", files, _values(PERMISSIONS, vocabulary)),
        purposes=read_table("purposes", files, _values(PURPOSES, vocabulary)),
        administration=read_table("administration", files, {"role": ROLES, "kind": tuple(KINDS)}),
        posts=read_table("posts", files, {"post": POSTS, "act": (*KINDS, *SERVICE_ACTS)}),
        digests=digests(files),
        routes=load_routes(policies / "routes", policies, public_data=pack.facts == "public_data"),
    )


def _values(columns: tuple[str, ...], vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    for fact in columns:
        if fact not in vocabulary.facts:
            place = "policies/facts.yaml"
            raise PolicyError(place, 1, f"{fact} is missing, a table asks for it", "declare the fact")
    return {fact: tuple(vocabulary.facts[fact].values) for fact in columns}


def _refuse_stray(files: Mapping[str, bytes]) -> None:
    known = {f"policies/tables/{name}.csv" for name in TABLES} | {f"policies/models/{name}.conf" for name in TABLES}
    for path in files:
        if path.startswith(("policies/tables/", "policies/models/")) and path not in known:
            raise PolicyError(path, 1, "a stray file beside the tables", f"keep {', '.join(TABLES)} alone")
