"""What stands in front of data: further listeners, whose end users are believed, and what a decision token says."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 -- pydantic reads the annotation at run time
from typing import Annotated, Self

from pydantic import Field, model_validator

from adapters.callers import Id, Strict
from adapters.tokens import PinnedIssuer

Port = Annotated[int, Field(ge=0, le=65535)]  # 0: any free port


class Listener(Strict):
    """A place of its own for a gateway that cannot send a credential: whoever reaches it is that one caller."""

    caller: Id
    port: Port | None = None  # on 127.0.0.1
    socket: Path | None = None  # a Unix socket

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        if (self.port is None) == (self.socket is None):
            message = "listeners: each is either a port on 127.0.0.1 or a socket; set one of port and socket"
            raise ValueError(message)
        return self


class GrpcTls(Strict):
    """TLS at the port of Envoy's gRPC: only gateways with a certificate of the given authority are spoken to."""

    certificate: Path  # of this service, with the chain behind it, PEM
    key: Path
    client_ca: Path  # who vouches for the gateways


class EndUserIssuer(PinnedIssuer):
    """An issuer whose tokens say who the end user is: claim `org` is the body, `sub` the acting person."""

    bodies: tuple[Id, ...] = ()  # those that its tokens may speak for; empty: all


class DecisionTokens(Strict):
    """The token that a permit carries to the data API."""

    life_seconds: Annotated[int, Field(ge=1, le=60)] = 60
    rotate_days: Annotated[int, Field(ge=1, le=365)] = 30  # a key signs for so long, and is published for one more day
