"""The logs of one installation as its HTTP service shows them: the one being written, its twin, the closed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.publishing.folder_log import FolderLog, folder_logs
from adapters.publishing.twins import TWIN, suite_of
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapters.publishing.publishing import Publishing
    from pdp.log.receipt import ProofOfInclusion


class Serving:
    """Implements `adapters.gateways.log_pages.ServedLogs` on a data folder. From any thread."""

    def __init__(
        self,
        folder: Path,
        publishing: Publishing,
        find: Callable[[str], tuple[int, bytes] | None],
        policy: Callable[[], str],
    ) -> None:
        """Serve the log in `folder`, `<data>/<node>-<k>`, and the others beside it.

        Args:
            folder: of the log that is being written.
            publishing: what publishes it, and makes its receipts.
            find: finds a record in its journal, as `DecisionLog.find`.
            policy: the text of the policy file for auditors.
        """
        self._folder, self._find, self._policy = folder, find, policy
        self._own = _OwnLog(folder, publishing)

    def log(self, name: str) -> FolderLog | None:
        """Return the log called `name`, its twin where that ends in `/sm3`; the one being written where it is empty."""
        if not name:
            return self._own
        plain = name.removesuffix(TWIN).removesuffix("/") or self._folder.name
        for log in folder_logs(self._folder.parent):
            if log.name == plain:
                return FolderLog(self._folder.parent / plain, suite_of(name))
        return None

    def find(self, decision_id: str) -> tuple[str, int] | None:
        """Return in which log a record is and at which index, the log being written first, then the newest."""
        found = self._find(decision_id)
        if found is not None:
            return "", found[0]
        for log in reversed(folder_logs(self._folder.parent)):
            if log.name != self._folder.name and (index := _index(log, decision_id)) is not None:
                return log.name, index
        return None

    def policy(self) -> str:
        """Return the policy file."""
        return self._policy()


class _OwnLog(FolderLog):
    """The log that is being written; what publishes it knows what its receipts rest on."""

    def __init__(self, folder: Path, publishing: Publishing) -> None:
        super().__init__(folder)
        self._publishing = publishing

    def receipt(self, index: int) -> ProofOfInclusion | None:
        return self._publishing.receipt(index) if index < self._publishing.covered else None


def _index(log: FolderLog, decision_id: str) -> int | None:
    """Return where a record is in a log that is no longer written; one whose entries are gone has none."""
    try:
        found = log.reader.find(decision_id)
    except UnavailableError:
        return None
    return found[0] if found else None
