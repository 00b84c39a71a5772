"""Facts of a pack from a real OPA server, through opa-python-client. Runs in a child that is kept.

The pack is put on the server under a name that is made of its content, so that two revisions, or two services, stand
side by side and never in each other's way; what else the server holds is neither read nor changed.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from adapters.engines.fact_question import ASKED, asking
from adapters.engines.worker import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PATIENCE = 8.0  # seconds for one call; the parent's patience ends earlier
_STRICT = {"strict-builtin-errors": "true"}


def answering(work: Mapping[str, object]) -> Callable[[object], object]:
    """Return what answers with the pairs of fact and value that the source in `work` derives."""
    from opa_client.errors import RegoParseError  # noqa: PLC0415 - only the child may load an engine
    from opa_client.opa import OpaClient  # noqa: PLC0415 - only the child may load an engine

    own = _own_name(work)
    data: Mapping[str, object] = work["data"]  # type: ignore[assignment] # JSON that our own parent wrote
    client = OpaClient(host=work["host"], port=work["port"], retries=0, timeout=_PATIENCE)
    try:
        client.update_or_create_data(dict(data), f"{own}/data")
        for place, text in _modules(work, own).items():
            client.update_policy_from_string(text, f"{own}/{place}", rego_compat=False)  # never rewritten
    except RegoParseError as error:
        raise Refusal(str(work["path"]), _line(error.errors), str(error)) from error

    def answer(question: object) -> object:
        return client.query_rule(question, f"{own}.{ASKED}", "answers", query_params=_STRICT)["result"]

    return answer


def _own_name(work: Mapping[str, object]) -> str:
    content = {name: work[name] for name in ("source", "data", "names")}
    return "pdp_" + hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _modules(work: Mapping[str, object], own: str) -> dict[str, str]:
    """Return the pack's source in a package of its own, and the question, which lets it see its own data."""
    source = re.sub(r"^package facts\b", f"package {own}.facts", str(work["source"]), count=1, flags=re.MULTILINE)
    data: Mapping[str, object] = work["data"]  # type: ignore[assignment] # JSON that our own parent wrote
    given = "".join(f" with data.{key} as data.{own}.data.{key}" for key in data)
    names: Sequence[str] = work["names"]  # type: ignore[assignment] # likewise
    return {"facts": source, "asked": asking(names, f"data.{own}.facts", f"{own}.{ASKED}", given)}


def _line(errors: Sequence[Mapping[str, Mapping[str, int]]]) -> int:
    """Return the first line the server points at; the package line is replaced in place, so lines are the file's."""
    return next((error["location"]["row"] for error in errors if "location" in error), 1)
