"""What each act must say, as strict models made from the kinds of statement: one list, two readers."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, create_model

from pdp.ledger.body import ID
from pdp.ledger.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pdp.ledger.kinds import Kind

Id = Annotated[str, StringConstraints(pattern=rf"^{ID.pattern}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Evidence = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Instant = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$")
]
ENVELOPE: Final = ("by", "at", "evidence")
"""Members that every act may have beside its own."""


class Asked(BaseModel):
    """What every act may say beside its own members."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # a command needs one of fifty

    by: Id | None = Field(None, description="代表谁作出 · On whose behalf; may be left out where you act for one only")
    at: AwareDatetime | None = Field(None, description="须为此刻;期限自此起算 · Must be now; leave it out")
    evidence: Evidence | None = Field(None, description="所依据文件的摘要 · Digest of the document it rests on")


class Part(BaseModel):
    """Part of an act's members; an unknown one is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MaskSaid(Part):
    """脱敏 · what remains of a field's values."""

    field: Text
    method: Literal["null", "redact", "partial", "hash", "generalise"]
    keep_prefix: Annotated[int, Field(ge=0, le=64)] | None = None
    keep_suffix: Annotated[int, Field(ge=0, le=64)] | None = None
    table: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")] | None = Field(
        None, description="概化所用的表(duties.yaml)· Named table by which values are made coarser"
    )


class UseScope(Part):
    """使用范围 · fields, rows, masks, quantity, term, users and outputs; what is left out is not limited."""

    fields: Annotated[list[Text], Field(min_length=1, max_length=2000)] | None = None
    rows: dict[str, Any] | None = Field(None, description="A row filter (UCAST)")
    masks: Annotated[list[MaskSaid], Field(min_length=1, max_length=2000)] | None = None
    quota: Annotated[int, Field(ge=1)] | None = None
    until: Instant | None = None
    users: Text | list[Text] | None = None
    outputs: Text | list[Text] | None = None


class MeasureScope(Part):
    """应急处置措施的范围 · one of the three."""

    datasets: list[Id] | None = None
    providers: list[Id] | None = None
    all: bool | None = None


class Classes(Part):
    """Sharing and opening class of one field."""

    sharing: Literal["unconditional", "conditional", "not_shareable"] | None = None
    opening: Literal["unconditional", "conditional", "not_openable"] | None = None


class Observer(Part):
    """数据观察员 · whom to ask."""

    post: Text | None = None
    phone: Text | None = None
    email: Text | None = None


_TYPES: Final[dict[str, Any]] = {
    "id": Id,
    "text": Text,
    "day": date,
    "instant": Instant,
    "bool": bool,
    "count": Annotated[int, Field(ge=1)],
    "ids": Annotated[list[Id], Field(max_length=1000)],
    "texts": Annotated[list[Text], Field(max_length=1000)],
    "map": dict[str, Any],
}
_MAPS: Final[dict[str, Any]] = {"scope": UseScope, "fields": dict[Text, Classes], "observer": Observer}


def model_of(kind: Kind) -> type[Asked]:
    """Return the model of the acts of one kind."""
    members: dict[str, Any] = {name: _member(kind.name, name, wanted) for name, wanted in kind.members.items()}
    title = "".join(part.capitalize() for part in kind.name.replace(".", "_").split("_"))
    return create_model(title, __base__=Asked, __doc__=f"An act of the kind {kind.name}.", **members)


def _member(kind: str, name: str, wanted: str) -> tuple[Any, Any]:
    """Return type and default of one member."""
    word = wanted.removesuffix("?")
    if word == "map":
        known = MeasureScope if (kind, name) == ("measure.declared", "scope") else _MAPS.get(name, _TYPES["map"])
    else:
        known = Literal[tuple(word.split("|"))] if "|" in word else _TYPES[word]
    return (known | None, None) if wanted.endswith("?") else (known, ...)


def members_of(said: Asked) -> dict[str, object]:
    """Return the act's own members, as plain JSON, those left out left out."""
    return {
        name: value for name, value in said.model_dump(mode="json", exclude_none=True).items() if name not in ENVELOPE
    }


MODELS: Final[Mapping[str, type[Asked]]] = {name: model_of(kind) for name, kind in KINDS.items()}
"""Kind of act -> its model."""
