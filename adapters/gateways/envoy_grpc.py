"""Envoy's ext_authz over gRPC: what the client did, the verified claims of its token, and its certificate's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError

from adapters.gateways.call import Call
from adapters.gateways.certificates import credentials, seen_names
from adapters.gateways.envoy_check import written
from adapters.gateways.ext_authz.ext_authz_pb2 import CheckRequest
from adapters.gateways.gateway_desk import FAILED, Arrived, GatewayDesk
from adapters.gateways.headers import RejectedError
from adapters.gateways.told_headers import AUTHORIZATION, CREDENTIAL, ToldHeaders, checked_method, told_headers
from adapters.logs import named
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.door_settings import GrpcTls
    from adapters.gateways.call import CallReader
    from adapters.gateways.gateway_desk import GatewayAnswer
    from adapters.gateways.http import Doors

SERVICE: Final = "envoy.service.auth.v3.Authorization"
DOOR: Final = "envoy_grpc"
JWT: Final = "envoy.filters.http.jwt_authn"  # the filter that verifies tokens, and the namespace of what it found
MAX_BYTES: Final = 1 << 20
RECEIVED: Final = 8 << 20  # what is longer than this ends in a gRPC error, below our reach; no header block is
GRACE: Final = 10.0  # seconds for questions under way when the process is told to stop
_OPTIONS: Final = (
    ("grpc.so_reuseport", 0),  # two services on one port would share its questions
    ("grpc.max_receive_message_length", RECEIVED),
)


class EnvoyGrpcDoor:
    """`/envoy.service.auth.v3.Authorization/Check`. Belongs to one event loop."""

    def __init__(self, doors: Doors, calls: CallReader, at_once: int = 1024) -> None:
        """Prepare the door; of more than `at_once` calls under way the rest gets no decision."""
        self._desk = GatewayDesk(doors, calls, DOOR)
        self._log = doors.log
        self._at_once = at_once
        self._under_way = 0
        self._server: Any = None

    async def open(self, host: str, port: int, tls: GrpcTls | None = None) -> int:
        """Listen on `port` of `host`, 0 for any free one, and return which it is; with `tls` to known gateways alone.

        Raises:
            UnavailableError: it is taken, or a file of `tls` cannot be used.
        """
        server = grpc.aio.server(options=_OPTIONS)
        check = grpc.unary_unary_rpc_method_handler(self.check)  # bytes in and out: nothing is parsed out of our reach
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Check": check}),))
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            bound: int = (
                server.add_insecure_port(place) if tls is None else server.add_secure_port(place, credentials(tls))
            )
        except RuntimeError:
            bound = 0
        if not bound:
            fault = f"grpc_port: port {port} of {host} cannot be listened on; free it, or set another"
            raise UnavailableError(fault)
        await server.start()
        self._server = server
        return bound

    async def close(self) -> None:
        """Answer what is under way, take no more, and record the rejections that were only counted so far."""
        if self._server is not None:
            await self._server.stop(GRACE)
        await self._desk.close()

    async def check(self, sent: bytes, context: Any) -> bytes:  # noqa: ANN401 -- the library has no types
        """Answer one call; an exception would be a gRPC error, and so an allow where Envoy is set to fail open."""
        if self._under_way >= self._at_once:
            self._log.error("no decision: too many calls at once", at_once=self._at_once)
            return written(FAILED)
        self._under_way += 1
        try:
            return written(await self._answer(sent, context))
        except Exception as defect:  # noqa: BLE001 -- whatever it is, nothing is allowed, and the operator hears of it
            self._log.critical("no decision: a defect", **named(defect))
            return written(FAILED)
        finally:
            self._under_way -= 1

    async def _answer(self, sent: bytes, context: Any) -> GatewayAnswer:  # noqa: ANN401 -- as above
        request = _read(sent)
        headers = ToldHeaders() if request is None else _headers(request)
        tokens = _tokens(context.invocation_metadata() or ())
        names = seen_names(context.auth_context())
        raw = sent if request is None else _spelled(request, headers)
        arrived = Arrived(headers, tokens, _host(context.peer()), raw, context.time_remaining(), names)
        return await self._desk.answer(arrived, lambda _: parse(request, headers))


def parse(request: CheckRequest | None, headers: ToldHeaders) -> Call:
    """Return the call that `request` tells of; None: it could not be read.

    Raises:
        RejectedError: it tells of none, or of something twice. A path is missing where the client asked to CONNECT.
    """
    if request is None:
        raise RejectedError(400, f"body: must be a CheckRequest of at most {MAX_BYTES} bytes")
    http = request.attributes.request.http
    if not http.path:
        raise RejectedError(400, "attributes.request.http.path: must be the address of the call")
    path, _, query = http.path.encode("utf-8").partition(b"?")
    headers.one("x-forwarded-proto")
    return Call(
        method=checked_method(http.method, "attributes.request.http.method"),
        path=path,
        query=query,
        host=http.host or None,
        headers=headers.handed_on(),
        authorization=headers.one(AUTHORIZATION) or None,
        verified=_verified(request),
        principal=request.attributes.source.principal or None,
        client=headers.client(),
        request_id=headers.request_id(),
    )


def _read(sent: bytes) -> CheckRequest | None:
    """Return the message, or None for what is none."""
    if len(sent) > MAX_BYTES:
        return None
    try:
        request: CheckRequest = CheckRequest.FromString(sent)
    except DecodeError:
        return None
    return request


def _headers(request: CheckRequest) -> ToldHeaders:
    """Return what is read of the client's headers; the pseudo-headers stand elsewhere too."""
    sent = request.attributes.request.http.headers  # a map: in another order each time
    return told_headers((name.lower(), value) for name, value in sorted(sent.items()) if not name.startswith(":"))


def _spelled(request: CheckRequest, headers: ToldHeaders) -> bytes:
    """Return the call as it would stand in HTTP: a call made again is the same, Envoy's message about it is not."""
    http = request.attributes.request.http
    return f"{http.method} {http.path}\r\n".encode() + headers.raw


def _verified(request: CheckRequest) -> dict[str, object] | None:
    """Return the claims of the token that Envoy verified; None: it verified none.

    Raises:
        RejectedError: it hands on more than one, and nothing says whose call it is.
    """
    spaces = request.attributes.metadata_context.filter_metadata
    if JWT not in spaces:
        return None
    told: dict[str, object] = MessageToDict(spaces[JWT])
    payloads = [_whole(claims) for claims in told.values() if isinstance(claims, dict)]
    if len(payloads) != 1:
        raise RejectedError(400, f"metadata_context: must have the claims of one token under {JWT}")
    return payloads[0]


def _whole(claims: dict[str, object]) -> dict[str, object]:
    """Return `claims` with whole numbers as such: on the wire every number is a float."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in claims.items()
    }


def _tokens(metadata: Iterable[tuple[str, str | bytes]]) -> list[str]:
    return [value for name, value in metadata if name == CREDENTIAL and isinstance(value, str)]


def _host(peer: str) -> str:
    """Return the address of `ipv4:127.0.0.1:4711`, without the port, which is another for every connection."""
    return peer.rpartition(":")[0] or peer
