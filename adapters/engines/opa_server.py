"""Rego on a real OPA server, through opa-python-client: started for cross-checks, on this machine only."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adapters.engines.child import Child
from adapters.engines.questions import asking, in_order
from adapters.engines.worker import Refusal
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pdp.ports import EngineJob

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_SAID = {("holds",): 1, ("silent",): 0}
_PATIENCE = 8.0  # seconds for one request; below the child's silence


@dataclass(frozen=True, slots=True)
class OpaServer:
    """A `RuleEngine`. Each rule is put on the server under a package of its own, asked, and taken away again.

    The server is trusted with nothing: its answers are checked like any engine's, and what else it holds is neither
    read nor changed.
    """

    url: str
    child: Child = field(default_factory=lambda: Child.of("opa_server"))
    answered: Callable[[str], None] | None = None
    name: str = "opa_server"
    version: str = ""  # whatever runs there; answers of an unnamed version are not kept

    def evaluate(self, jobs: Sequence[EngineJob]) -> Sequence[Sequence[bool]]:
        """Return whether each rule holds for each of its inputs; see `RuleEngine`.

        Raises:
            PolicyError: the server refuses a rule.
            UnavailableError: the server is not on this machine, or the call failed.
        """
        place = urlsplit(self.url)
        if place.scheme != "http" or place.hostname not in _LOOPBACK or place.path.strip("/"):
            message = f'"{self.url}" is no OPA on this machine; write http://127.0.0.1:<port>'
            raise UnavailableError(message)
        own = f"pdp_{secrets.token_hex(8)}"
        settings = {"host": place.hostname, "port": place.port or 8181, "own": own}
        return in_order(self.name, self.child, settings, jobs, self.answered)


def answers(work: Mapping[str, object]) -> Iterator[list[int]]:
    """Answer every job of `work` through the client. Runs in the child."""
    from opa_client.errors import RegoParseError  # noqa: PLC0415 - only the child may load an engine
    from opa_client.opa import OpaClient  # noqa: PLC0415 - only the child may load an engine

    with OpaClient(host=work["host"], port=work["port"], retries=0, timeout=_PATIENCE) as client:
        for job in work["jobs"]:  # type: ignore[attr-defined] # JSON that our own parent wrote
            package = f"{work['own']}.{job['package']}"
            policy = f"{work['own']}/{job['package']}"
            try:
                client.update_policy_from_string(module(job, package), policy, rego_compat=False)  # never rewritten
                yield _asked(client, job, package)
            except RegoParseError as error:
                raise Refusal(job["path"], _line(error.errors), str(error)) from error
            finally:
                _take_away(client, policy)


def module(job: Mapping[str, str], package: str) -> str:
    """Return the rule's source under `package`, followed by the question for a whole list of inputs at once."""
    own = re.sub(r"^package .*$", f"package {package}", job["source"], count=1, flags=re.MULTILINE)
    under = "with input as facts with data.readings as input.readings"
    listed = f"answers := [said | some facts in input.inputs; said := asked {under}]\n"
    return f"{own}\n{asking(job['head'])}\n{listed}"


def _asked(client: object, job: Mapping[str, object], package: str) -> list[int]:
    given = {"inputs": job["inputs"], "readings": job["readings"]}
    said = client.query_rule(given, package, "answers")["result"]  # type: ignore[attr-defined] # no types shipped
    return [_SAID[tuple(words)] for words in said]


def _line(errors: Sequence[Mapping[str, Mapping[str, int]]]) -> int:
    """Return the first line the server points at; the package line is replaced in place, so lines are the file's."""
    return next((error["location"]["row"] for error in errors if "location" in error), 1)


def _take_away(client: object, policy: str) -> None:
    from opa_client.errors import DeletePolicyError  # noqa: PLC0415 - only the child may load an engine

    try:
        client.delete_policy(policy)  # type: ignore[attr-defined] # the library ships no types
    except DeletePolicyError:  # it was refused, so it is not there
        return
