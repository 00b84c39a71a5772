"""A decision service that tells Envoy over gRPC what a test says: what Envoy makes of answers that ours never gives."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc

from adapters.gateways.envoy_grpc import SERVICE
from adapters.gateways.ext_authz.ext_authz_pb2 import (
    CheckRequest,
    CheckResponse,
    DeniedHttpResponse,
    HttpStatus,
    OkHttpResponse,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Told = CheckResponse | grpc.StatusCode
UNAVAILABLE = CheckResponse(
    status=Status(code=7), denied_response=DeniedHttpResponse(status=HttpStatus(code=503), body="nobody decided")
)
STRANGE: dict[str, Told] = {
    "code 0 and no headers": CheckResponse(status=Status(code=0), ok_response=OkHttpResponse()),
    "no status": CheckResponse(),
    "code 0 with a denial": CheckResponse(status=Status(code=0), denied_response=UNAVAILABLE.denied_response),
    "code 7 alone": CheckResponse(status=Status(code=7)),
    "code 7 with an allow": CheckResponse(status=Status(code=7), ok_response=OkHttpResponse()),
    "a denial by 200": CheckResponse(
        status=Status(code=7), denied_response=DeniedHttpResponse(status=HttpStatus(code=200))
    ),
    "aborted": grpc.StatusCode.ABORTED,
    "internal error": grpc.StatusCode.INTERNAL,
}
"""Answers that ours never gives."""


class GrpcStandIn:
    """Answers every check with `answer`, after it was let go where it is told to be slow."""

    def __init__(self, port: int = 0) -> None:
        """Start at `port`, 0 for any free one."""
        self.answer: Told = STRANGE["code 0 and no headers"]
        self.go = threading.Event()
        self.go.set()
        self.asked = 0
        check = grpc.unary_unary_rpc_method_handler(
            self._check, CheckRequest.FromString, CheckResponse.SerializeToString
        )
        self._server = grpc.server(ThreadPoolExecutor(8), options=(("grpc.so_reuseport", 0),))
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"Check": check}),))
        self.port = int(self._server.add_insecure_port(f"127.0.0.1:{port}"))
        assert self.port
        self._server.start()

    @contextmanager
    def telling(self, answer: Told) -> Iterator[None]:
        """Answer otherwise meanwhile."""
        self.answer, before = answer, self.answer
        yield
        self.answer = before

    @staticmethod
    def allows(answer: Told) -> bool:
        """Return whether Envoy takes the answer for an allow: the code alone says so, and none is 0."""
        return not isinstance(answer, grpc.StatusCode) and answer.status.code == 0

    def close(self) -> None:
        """Stop."""
        self.go.set()
        self._server.stop(grace=None).wait()

    def _check(self, _: CheckRequest, context: Any) -> CheckResponse:  # noqa: ANN401 -- the library has no types
        self.asked += 1
        self.go.wait(30)
        if isinstance(self.answer, grpc.StatusCode):
            context.abort(self.answer, "as told")
        return self.answer
