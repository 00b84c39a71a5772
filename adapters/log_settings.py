"""How the decision log is published, witnessed and kept."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from adapters.callers import Id, Strict


class CoSigner(Strict):
    """A witness that co-signs this log's checkpoints."""

    name: Id
    vkey: str  # its Ed25519 cosignature key, as C2SP spells it
    ml_dsa_vkey: str | None = None  # its ML-DSA-44 key, whose lines are kept too; the quorum counts the other
    url: Annotated[str, StringConstraints(pattern=r"\Ahttps?://[!-~]+\z")]  # what /add-checkpoint follows


class WitnessedLog(Strict):
    """A log whose checkpoints this installation co-signs."""

    origin: Annotated[str, StringConstraints(pattern=r"\A[!-*,-~]{1,255}\z")]
    vkeys: Annotated[tuple[str, ...], Field(min_length=1)]  # keys that may sign for it; any one is enough


class LogSettings(Strict):
    """How the decision log is published, witnessed and kept."""

    publish_seconds: Annotated[float, Field(ge=0.05, le=60)] = 1.0  # between checkpoints, while the log grows
    sm2: bool = False  # one more signature line, by the optional library tongsuopy
    sm3_twin: bool = False  # a second tree over the same entries, hashed with SM3
    witnesses: tuple[CoSigner, ...] = ()
    quorum: Annotated[int, Field(ge=0, le=32)] = 0  # how many of them make a checkpoint count; 0: a single machine
    late_seconds: Annotated[int, Field(ge=1, le=900)] = 900  # without a quorum for so long: an alarm
    overdue_seconds: Annotated[int, Field(ge=1, le=14_400)] = 14_400  # for so long: no answers
    witness_name: str | None = None  # under which this installation co-signs; None: it does not
    witness_for: tuple[WitnessedLog, ...] = ()
    seal: bool = True  # compress segments that are full, in the background
    retention_days: Annotated[int, Field(ge=180, le=36_500)] = 1095  # 网络安全法 asks for six months at least

    @model_validator(mode="after")
    def _quorum_can_be_reached(self) -> Self:
        if self.quorum > len(self.witnesses):
            _refuse(f"log: a quorum of {self.quorum} needs as many witnesses, and {len(self.witnesses)} are named")
        if len({witness.name for witness in self.witnesses}) != len(self.witnesses):
            _refuse("log: a witness is named twice; it counts once")
        if len({witness.vkey.split("+", 2)[-1] for witness in self.witnesses}) != len(self.witnesses):
            _refuse("log: two witnesses have one key, which counts once; give each its own vkey")
        if self.overdue_seconds < self.late_seconds:
            _refuse("log: overdue_seconds is less than late_seconds; the alarm comes first")
        if bool(self.witness_for) != (self.witness_name is not None):
            _refuse("log: witness_name and witness_for belong together; set both or none")
        return self


def _refuse(fault: str) -> None:
    """Raise the fault that pydantic hands on to the operator."""
    raise ValueError(fault)
