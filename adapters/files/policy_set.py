"""Everything that a policy root says, read strictly and checked against itself."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from adapters.files.calendar import load_calendar
from adapters.files.duties import load_duties
from adapters.files.fact_rules import load_fact_rules
from adapters.files.law import load_law
from adapters.files.pack import REGO, load_pack
from adapters.files.pack_folders import pack_folders
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
from pdp.ledger.terms import without_ledger
from pdp.readings import Readings
from pdp.rulebook.policy_set import PolicySet
from pdp.rulebook.rule import PolicyTable
from pdp.workdays import Calendar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from adapters.files.pack_folders import PackFolders
    from pdp.vocabulary import Vocabulary

__all__ = ["PolicySet", "digest", "digests", "load_policy_set", "policy_files"]

PARTS = {  # part of the revision -> where its files lie; cases, mappings and changelogs decide nothing
    "law": ("policies/law/",),
    "policy": (
        "policies/pack.yaml",
        "policies/facts.yaml",
        "policies/data.yaml",
        "policies/data.json",
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
OF_THE_LEDGER = ("administration", "posts")  # who may record what: a pack without statements needs neither


def load_policy_set(root: Path, rego: Path | None = None) -> PolicySet:
    """Return what a pack says.

    Args:
        root: the folder that holds policies/ and rego/, or the first of them alone.
        rego: the second, where it lies elsewhere.

    Raises:
        PolicyError: the first fault found; path, line and remedy.
    """
    folders = pack_folders(root, rego)
    files = _read(folders)
    found = _parsed(folders.policies, files)
    # the YAML readers open their files themselves; what they saw must be what the digests are of
    if _read(folders, ".yaml") != {path: data for path, data in files.items() if path.endswith(".yaml")}:
        place = "policies"
        raise PolicyError(place, 1, "the files changed while they were read", "load again when they are settled")
    check_references(found, files)
    return found


def policy_files(root: Path, rego: Path | None = None) -> dict[str, bytes]:
    """Return the bytes of every file that decides, by path relative to `root`; hidden files and Rego tests do not."""
    return _read(pack_folders(root, rego))


def _read(folders: PackFolders, ending: str = "") -> dict[str, bytes]:
    """Return the bytes of every file that decides and whose name ends so, by its path within the pack."""
    places = sorted(place for places in PARTS.values() for place in places)
    found = {}
    try:
        for path in sorted(path for place in places for path in _paths(folders, place) if path.endswith(ending)):
            with open(folders.within(path), "rb") as file:  # noqa: PTH123 - three hundred files, at every start
                found[path] = file.read()
    except OSError as fault:
        place, remedy = str(fault.filename), "mend the device, its permissions or the limit that is met; load again"
        raise PolicyError(place, 1, f"cannot be read ({fault.strerror})", remedy) from fault
    return found


def _paths(folders: PackFolders, place: str) -> Iterator[str]:
    """Yield the path within the pack of every file at or under `place`."""
    there = folders.within(place)
    if not place.endswith("/"):
        yield from [place] if os.path.isfile(there) else []  # noqa: PTH113 - as above
        return

    def heard(fault: OSError) -> None:
        """A folder that cannot be read may hold what forbids; only one that a pack does without may be missing."""
        if not isinstance(fault, FileNotFoundError) or fault.filename != there:
            raise fault

    for folder, _, names in os.walk(there, onerror=heard):
        inside = f"{place}{folder[len(there) :]}".rstrip("/")
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


def _parsed(policies: Path, files: Mapping[str, bytes]) -> PolicySet:
    pack = load_pack(policies / "pack.yaml", policies)
    vocabulary = load_vocabulary(pack.vocabulary, policies)
    bare = pack.facts == REGO  # a pack without a ledger may do without what only statements need
    readings = load_readings(policies / "readings", policies) if _has(files, "readings", bare=bare) else Readings({})
    calendar = load_calendar(policies / "calendar", policies) if _has(files, "calendar", bare=bare) else Calendar({})
    deriving = load_fact_rules(files, vocabulary, readings) if bare else None
    _refuse_stray(files)
    columns = {
        **{name: _values(facts, vocabulary) for name, facts in pack.tables.items()},
        "administration": {"role": ROLES, "kind": tuple(KINDS)},
        "posts": {"post": POSTS, "act": (*KINDS, *SERVICE_ACTS)},
    }
    return PolicySet(
        instrument=load_law(pack.law, policies),
        vocabulary=vocabulary,
        readings=without_ledger(readings) if bare else readings,
        calendar=calendar,
        duties=load_duties(policies / "duties.yaml", policies),
        rules=read_rules(files, vocabulary, readings),
        **{name: _table(name, files, columns.get(name), bare=bare) for name in TABLES},
        digests=digests(files),
        routes=load_routes(policies / "routes", policies, public_data=pack.facts == "public_data"),
        deriving=deriving,
    )


def _has(files: Mapping[str, bytes], folder: str, *, bare: bool) -> bool:
    """Return whether `folder` is to be read: always, unless the pack may do without it and does."""
    return not bare or any(path.startswith(f"policies/{folder}/") for path in files)


def _table(
    name: str, files: Mapping[str, bytes], columns: Mapping[str, Sequence[str]] | None, *, bare: bool
) -> PolicyTable:
    """Return the table `name`, or what stands in place of one that the pack does without."""
    there = any(path in files for path in (f"policies/tables/{name}.csv", f"policies/models/{name}.conf"))
    if columns is None and there:
        place = f"policies/tables/{name}.csv"
        raise PolicyError(place, 1, "pack.yaml names no columns of it", f"name them there, under tables: {name}:")
    if columns is None or (bare and not there and name in OF_THE_LEDGER):
        return PolicyTable.left_out(name)
    return read_table(name, files, columns)


def _values(columns: Iterable[str], vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
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
