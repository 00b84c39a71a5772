"""The AuthZEN metadata document: which doors are open, under the configured address; signed, if anything signs here.

Source: AuthZEN 1.0, § 9; RFC 8414, § 2.1 for `signed_metadata`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import orjson

from adapters.gateways.access_offer import REQUESTS
from adapters.gateways.batch_door import PATH as BATCH
from adapters.gateways.evaluation_door import PATH as EVALUATION
from adapters.gateways.obligation_pages import JWKS
from adapters.gateways.search_door import PATHS as SEARCHES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adapters.gateways.decision_token import Signing

METADATA: Final = "/.well-known/authzen-configuration"
ENDPOINTS: Final = {
    EVALUATION: "access_evaluation_endpoint",
    BATCH: "access_evaluations_endpoint",
    **{path: f"search_{what}_endpoint" for what, path in SEARCHES.items()},
    REQUESTS: "access_request_endpoint",
    JWKS: "jwks_uri",
}
"""The member that names each door."""
CAPABILITY: Final = "urn:openid:authzen:capability:access-request"
TYPE: Final = "JWT"
FRESH: Final = 60  # seconds for which a signature is given again


class Metadata:
    """The document of one address. Belongs to one event loop."""

    def __init__(
        self, public_url: str, paths: Iterable[str], signing: Signing | None, now: Callable[[], float] = time.time
    ) -> None:
        """Describe the doors.

        Args:
            public_url: the configured address; never what a request says.
            paths: of the doors that are open.
            signing: what signs the document; None: nothing does.
            now: seconds since 1970.
        """
        base, here = public_url.rstrip("/"), set(paths)
        self._said: dict[str, object] = {
            "policy_decision_point": public_url,
            **{name: base + path for path, name in ENDPOINTS.items() if path in here},
            "capabilities": [CAPABILITY] if REQUESTS in here else [],
            "supported_obligations": ["custom"],
        }
        self._issuer = public_url
        self._signing = signing
        self._now = now
        self._signed = 0  # seconds since 1970
        self._text = b""

    def document(self) -> bytes:
        """Return the document as JSON."""
        now = int(self._now())
        if not self._text or abs(now - self._signed) >= FRESH:
            self._text, self._signed = orjson.dumps(self._whole(now)), now
        return self._text

    def _whole(self, now: int) -> dict[str, object]:
        if self._signing is None:
            return self._said
        claims = {"iss": self._issuer, "iat": now, **self._said}
        return {**self._said, "signed_metadata": self._signing.sign(orjson.dumps(claims), TYPE)}
