"""The one place where an answer to Envoy over gRPC is built.

To Envoy an absent status means code 0, and code 0 means ALLOW whatever else stands there. So the status is always set,
and 0 stands only beside `ok_response`. A failure is a refusal with 503: any gRPC error, and `error_response`, would be
let through where somebody has set `failure_mode_allow`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.struct_pb2 import Struct

from adapters.gateways.decision_headers import NOTHING
from adapters.gateways.ext_authz.ext_authz_pb2 import (
    CheckResponse,
    DeniedHttpResponse,
    HeaderValue,
    HeaderValueOption,
    HttpStatus,
    OkHttpResponse,
    Status,
)
from adapters.gateways.gateway_desk import Ending

if TYPE_CHECKING:
    from adapters.gateways.decision_headers import Headers
    from adapters.gateways.gateway_desk import GatewayAnswer

OK: Final = 0
PERMISSION_DENIED: Final = 7
UNAUTHENTICATED: Final = 16
OVERWRITE_IF_EXISTS_OR_ADD: Final = 2
IDENTITY: Final = ("x-subject-id", "x-subject-type", "x-subject-staff")  # not for the data API, which has the token
STATUS: Final = {
    Ending.REFUSED: 403,
    Ending.UNAUTHENTICATED: 401,
    Ending.REJECTED: 403,
    Ending.OVER_LIMIT: 429,
    Ending.FAILED: 503,
}


def written(answer: GatewayAnswer) -> bytes:
    """Return what Envoy is told, as it stands on the wire."""
    spelled: bytes = check_response(answer).SerializeToString()
    return spelled


def check_response(answer: GatewayAnswer) -> CheckResponse:
    """Return what Envoy is told."""
    if answer.ending is Ending.ALLOWED:
        allowed = OkHttpResponse(headers=_set(answer.headers), headers_to_remove=IDENTITY)
        return CheckResponse(status=Status(code=OK), ok_response=allowed, dynamic_metadata=_metadata(answer))
    code = UNAUTHENTICATED if answer.ending is Ending.UNAUTHENTICATED else PERMISSION_DENIED
    denied = DeniedHttpResponse(
        status=HttpStatus(code=STATUS[answer.ending]), headers=_set(answer.headers), body=answer.body.decode()
    )
    return CheckResponse(status=Status(code=code), denied_response=denied, dynamic_metadata=_metadata(answer))


def _set(headers: Headers) -> list[HeaderValueOption]:
    return [
        HeaderValueOption(header=HeaderValue(key=name, value=value), append_action=OVERWRITE_IF_EXISTS_OR_ADD)
        for name, value in headers
    ]


def _metadata(answer: GatewayAnswer) -> Struct:
    """Return what Envoy's access log may show of the answer."""
    metadata = Struct()
    metadata.update(
        {
            "decision_id": answer.id or NOTHING,
            "outcome": answer.outcome or NOTHING,
            "obligations": list(answer.measures),
        }
    )
    return metadata
