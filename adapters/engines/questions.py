"""How both Rego engines are asked, so that "undefined" can never be read as "does not hold"."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.engines.child import Child
    from pdp.ports import EngineJob


def asking(head: str) -> str:
    """Return Rego that, in the rule's own package, says "holds" or "silent", always one of them and never nothing.

    It stands beside the rule, so that OPA refuses a rule without that head; names that begin with a letter are free,
    because the subset leaves a rule only its head and helpers that begin with `_`.
    """
    return f'asked contains "holds" if {head}\n\nasked contains "silent" if not {head}\n'


def in_order(
    name: str,
    child: Child,
    settings: Mapping[str, object],
    jobs: Sequence[EngineJob],
    answered: Callable[[str], None] | None,
) -> list[list[bool]]:
    """Return the Booleans that the child answers for each job; tell `answered` the path of each rule in turn.

    Raises:
        PolicyError: the engine refuses a rule.
        UnavailableError: the child failed, or said something other than yes or no.
    """
    work = {**settings, "jobs": [_plain(job) for job in jobs]}
    tables = []
    asked = child.ask(name, work, [len(job.inputs) for job in jobs], range(2))
    for job, said in zip(jobs, asked, strict=True):
        tables.append([answer == 1 for answer in said])
        if answered is not None:
            answered(job.path)
    return tables


def _plain(job: EngineJob) -> dict[str, object]:
    return {
        "path": job.path,
        "source": job.source,
        "package": job.package,
        "head": job.head,
        "inputs": [dict(facts) for facts in job.inputs],
        "readings": dict(job.readings),
    }
