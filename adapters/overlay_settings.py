"""The overlays of bodies: where each one's own OPA server is, what it is asked about, and what its limits rest on."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path  # noqa: TC003 -- pydantic reads the annotation at run time
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from adapters.callers import Id, Strict
from adapters.loopback import is_loopback
from pdp.consulting import ROUNDS
from pdp.model import Limits
from pdp.overlay import UNAVAILABLE

MARGIN_MS: Final = 20  # of the service's deadline, for everything but overlays
_URL: Final = re.compile(r"https?://[!-~]+")
_CONTROLS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def _plain_text(text: str) -> str:
    """Accept text that a record can hold and a person can read: normalised, without invisible characters."""
    if not unicodedata.is_normalized("NFC", text) or any(unicodedata.category(sign) in _CONTROLS for sign in text):
        fault = "must be text in NFC without control characters"
        raise ValueError(fault)
    return text


Words = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_plain_text)]
Name = Annotated[str, StringConstraints(pattern=r"\A[a-z][a-z0-9_]{0,63}\z")]
Article = Annotated[
    str, StringConstraints(pattern=r"\Aart_[1-9][0-9]*(__para_[1-9][0-9]*(__item_[1-9][0-9]*)?)?\z", max_length=64)
]


class OverlaySettings(Strict):
    """One overlay. Its rules belong to the body; what they may say, and rest on, is declared here."""

    id: Name
    body: Id  # the public body whose limits these are
    url: str  # of its server: https; or http, on this machine only
    path: Annotated[
        str, StringConstraints(pattern=r"\A[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*\z", max_length=255)
    ]
    deadline_ms: Annotated[int, Field(ge=5, le=10_000)] = 50  # without an answer by then: a doubt
    articles: Annotated[tuple[Article, ...], Field(max_length=8)] = ()  # of the law, on which its findings rest
    basis: Words | None = None  # any other basis
    titles: Annotated[dict[Name, Words], Field(max_length=256)] = Field(default_factory=dict)  # its rule -> in Chinese
    providers: tuple[Id, ...] = ()  # whose data sets it is asked of; none: of everybody's
    datasets: tuple[Id, ...] = ()  # which data sets it is asked of; none: of all
    token_file: Path | None = None  # holds the bearer token that its server asks for
    ca_file: Path | None = None  # authorities that may vouch for its server; None: those of the system

    @property
    def limits(self) -> Limits:
        """Return what is declared of it, as decisions and records name it."""
        return Limits(
            self.id, self.body, self.articles, self.basis or "", self.titles,
            frozenset(self.providers), frozenset(self.datasets),
        )  # fmt: skip

    @field_validator("url")
    @classmethod
    def _reaches_a_server_safely(cls, url: str) -> str:
        fault = "must be an https address, or an http one on this machine, without user and path"
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValueError(fault) from None
        safe = parts.scheme == "https" or is_loopback(host or "")
        if not (_URL.fullmatch(url) and host and safe) or "@" in parts.netloc or parts.path.strip("/") or "?" in url:
            raise ValueError(fault)
        return url

    @model_validator(mode="after")
    def _rests_on_something(self) -> Self:
        if not self.articles and not self.basis:
            _refuse(f"{self.id}: says nothing of what its limits rest on; add articles or basis")
        if UNAVAILABLE in self.titles:
            _refuse(f'{self.id}: "{UNAVAILABLE}" is no rule of an overlay; take it out of titles')
        return self


def check_overlays(overlays: tuple[OverlaySettings, ...], deadline_ms: int) -> None:
    """Accept overlays that are told apart and that answer inside the deadline of a question, asked twice if need be.

    Raises:
        ValueError: two have one id, or one may take too long.
    """
    if len({overlay.id for overlay in overlays}) != len(overlays):
        _refuse("overlays: an id stands twice; give every overlay its own")
    most = (deadline_ms - MARGIN_MS) // ROUNDS
    for overlay in overlays:
        if overlay.deadline_ms > most:
            _refuse(
                f"overlays: {overlay.id}: deadline_ms does not fit {ROUNDS} times into a question's {deadline_ms} ms; "
                f"set at most {most}, or more for the service"
            )


def _refuse(fault: str) -> None:
    """Raise the fault that pydantic hands on to the operator."""
    raise ValueError(fault)
