"""The decision as a FastAPI dependency: an endpoint runs with a verified one, or answers 403.

tokens = DecisionTokens(verifier, log=logger.warning)

@app.get("/api/v1/datasets/{dataset}/rows")
def rows(decided: Annotated[Decided, Depends(tokens.of("{dataset}", "read"))]): …
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import HTTPException, Request

from adapters.enforcement.refused import RefusedError
from adapters.enforcement.token import Wanted, request_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.enforcement.token import Decided, TokenVerifier

HEADER: Final = "x-decision-token"
REFUSED: Final = "decision token refused"


class DecisionTokens:
    """Makes dependencies that let requests with a good decision token pass."""

    def __init__(self, verifier: TokenVerifier, log: Callable[[str], object]) -> None:
        """Verify with `verifier`; tell `log` why a request was refused, which the client is not told."""
        self._verifier, self._log = verifier, log

    def of(
        self, dataset: str, action: str, *, bind_path: bool = True, once: bool = False
    ) -> Callable[[Request], Decided]:
        """Return the dependency of an endpoint.

        Args:
            dataset: its id; `{name}` stands for the path parameter of that name.
            action: as the route map has it.
            bind_path: whether the token must be for this very method, path and query; not where a gateway rewrites.
            once: a token counts once here, as it must where data is exported or changed.
        """

        # A plain function: the framework runs it on a thread, and a long answer is fetched over the network.
        def decided(request: Request) -> Decided:
            scope = request.scope
            digest = request_digest(scope["method"], scope["raw_path"], scope["query_string"]) if bind_path else None
            wanted = Wanted(_dataset(dataset, request), action, digest, once)
            try:
                return self._verifier.verify(request.headers.getlist(HEADER), wanted)
            except RefusedError as refused:
                self._log(f"{REFUSED}: {refused}")
                raise HTTPException(403, REFUSED) from None

        return decided


def _dataset(dataset: str, request: Request) -> str:
    """Return the dataset, where it is a parameter of the path as this call has it."""
    if dataset.startswith("{") and dataset.endswith("}"):
        return str(request.path_params[dataset[1:-1]])
    return dataset
