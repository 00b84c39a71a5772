"""Where a pack lies: one root that holds policies/ and rego/, or two folders anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class PackFolders(NamedTuple):
    """The two folders of a pack."""

    policies: Path
    rego: Path

    def within(self, place: str) -> str:
        """Return where `place`, such as policies/facts.yaml or rego/, lies in the file system."""
        top, _, rest = place.partition("/")
        return f"{getattr(self, top)}/{rest}"


def pack_folders(policies: Path, rego: Path | None = None) -> PackFolders:
    """Return the folders of a pack.

    Args:
        policies: the folder with pack.yaml, or the root that holds it as policies/.
        rego: the folder with the Rego, or a root that holds it as rego/; None: rego/ beside the policies.
    """
    found = policies if (policies / "pack.yaml").is_file() else policies / "policies"
    if rego is None:
        return PackFolders(found, found.parent / "rego")
    return PackFolders(found, rego / "rego" if (rego / "rego").is_dir() else rego)
