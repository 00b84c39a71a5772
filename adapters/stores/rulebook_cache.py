"""Engines' answers kept between starts: a warm start runs no engine, and checks a kept answer like a fresh one."""

from __future__ import annotations

import hashlib
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pdp.errors import UnavailableError
from pdp.rulebook.build import Answers, build, questions
from pdp.rulebook.compile import COMPILER

if TYPE_CHECKING:
    from pdp.ports import RuleEngine, TableEngine
    from pdp.rulebook.build import Questions
    from pdp.rulebook.policy_set import PolicySet
    from pdp.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class RulebookCache:
    """A folder of answers, a file for each set of sources, engines and compiler. Losing it costs one compilation."""

    folder: Path

    def load(self, key: str) -> Answers | None:
        """Return the answers kept under `key`; None where there are none or the file is not as it was written."""
        try:
            text = self._path(key).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        seal, _, body = text.partition("\n")
        if seal != _seal(key, body):
            return None
        kept = json.loads(body)
        return Answers([[bit == "1" for bit in bits] for bits in kept["rules"]], kept["tables"])

    def save(self, key: str, answers: Answers) -> None:
        """Keep `answers` under `key`, whole or not at all; a folder that cannot be written keeps nothing."""
        rules = ["".join("01"[said] for said in table) for table in answers.rules]
        body = json.dumps({"rules": rules, "tables": [list(rows) for rows in answers.tables]}, separators=(",", ":"))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self.folder, delete=False) as file:
                file.write(f"{_seal(key, body)}\n{body}")
            Path(file.name).replace(self._path(key))
        except OSError:
            return  # a start without a cache is slower, never different

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.rulebook"


def compile_rulebook(
    policies: PolicySet, rego: RuleEngine, tables: TableEngine, cache_dir: Path | None = None
) -> Rulebook:
    """Return the rulebook of `policies`; the engines run only where `cache_dir` keeps no answers of theirs.

    Answers are kept by sources, engines and compiler; those of an engine that names no version are not kept.

    Raises:
        PolicyError: an engine refuses a rule or a table.
        UnavailableError: an engine fails, or answers otherwise than the source reads.
    """
    asked = questions(policies)
    cache = RulebookCache(cache_dir) if cache_dir is not None and rego.version and tables.version else None
    key = _key(policies, rego, tables)
    kept = cache.load(key) if cache is not None else None
    if kept is not None:
        try:
            return build(policies, asked, kept)
        except (UnavailableError, ValueError):
            pass  # whole, and yet not what the sources say: ask again
    answers = _ask(asked, rego, tables)
    rulebook = build(policies, asked, answers)
    if cache is not None:
        cache.save(key, answers)
    return rulebook


def _ask(asked: Questions, rego: RuleEngine, tables: TableEngine) -> Answers:
    """Ask both engines at the same time, each in its own process."""
    with ThreadPoolExecutor(1) as second:
        rows = second.submit(tables.matches, asked.tables)
        rules = rego.evaluate(asked.rules)
        return Answers(rules, rows.result())


def _key(policies: PolicySet, rego: RuleEngine, tables: TableEngine) -> str:
    sources = [policies.digests[part] for part in ("policy", "rego", "readings")]
    return _seal(*sources, rego.name, rego.version, tables.name, tables.version, COMPILER)


def _seal(*words: str) -> str:
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()
