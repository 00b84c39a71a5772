"""Mounts a device that forgets what was not synced, and obeys orders on standard input: one JSON array a line.

Run by the fault tests: `python -m tests.faults.forgetful_mount FOLDER`. Orders: `["arm", changes, seed]` (seed null:
nothing that is pending survives), `["cut"]`, `["on"]`, `["lie", true]`, `["fail", number]` (null mends), `["shorten",
part of a path]`, `["changes"]`, `["powered"]`; each is answered with one line.
"""

from __future__ import annotations

import json
import random
import stat
import sys
import threading
from typing import TYPE_CHECKING, Any

import mfusepy  # type: ignore[import-untyped]  # it ships no type information

from tests.faults.device import Device, File, Folder

if TYPE_CHECKING:
    from collections.abc import Callable

BLOCK = 4096
BLOCKS = 1 << 20


class Mounted(mfusepy.Operations):  # type: ignore[misc]  # likewise
    """The file system: paths and descriptors in, the model's own doings out. One lock for all of it."""

    use_ns = True
    flag_nullpath_ok = True  # an open file that has no name any more is still a file

    def __init__(self) -> None:
        self.device = Device()
        self.guard = threading.Lock()
        self._open: dict[int, tuple[int, File | Folder]] = {}  # descriptor -> epoch and node
        self._paths: dict[int, str] = {}  # descriptor -> the path that was opened
        self._next = 1

    def _opened(self, node: File | Folder, path: str) -> int:
        self._next += 1
        self._open[self._next] = self.device.epoch, node
        self._paths[self._next] = path
        return self._next

    def _node(self, fh: int) -> File | Folder:
        """Return what is behind a descriptor; what was opened before the cut is gone."""
        self.device.check_power()
        epoch, node = self._open[fh]
        if epoch != self.device.epoch:
            raise mfusepy.FuseOSError(5)
        return node

    def _of(self, fh: int) -> File:
        """Return the file behind a descriptor."""
        node = self._node(fh)
        if not isinstance(node, File):
            raise mfusepy.FuseOSError(21)
        return node

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """Return the kind, mode and size."""
        with self.guard:
            node = self._node(fh) if fh else self.device.find(path)
            size = len(node.data) if isinstance(node, File) else BLOCK
            return {"st_mode": node.mode, "st_nlink": 1, "st_size": size, "st_blocks": -(-size // 512)}

    def readdir(self, path: str, fh: int) -> list[str]:  # noqa: ARG002  # the library's own signature
        """Return the names in a folder."""
        with self.guard:
            node = self._node(fh)
            return [".", "..", *node.names] if isinstance(node, Folder) else []

    def create(self, path: str, mode: int, fi: object = None) -> int:  # noqa: ARG002  # likewise
        """Make a file; its name is not kept before its folder is synced."""
        with self.guard:
            folder, name = self.device.place(path)
            self.device.about_to_change()
            made = File(stat.S_IFREG | stat.S_IMODE(mode))
            folder.change((name, made))
            return self._opened(made, path)

    def open(self, path: str, flags: int) -> int:  # noqa: ARG002  # likewise
        """Open a file."""
        with self.guard:
            return self._opened(self.device.find(path), path)

    def opendir(self, path: str) -> int:
        """Open a folder."""
        with self.guard:
            return self._opened(self.device.find(path), path)

    def release(self, path: str, fh: int) -> int:  # noqa: ARG002  # likewise
        """Close a file."""
        with self.guard:
            self._open.pop(fh, None)
            self._paths.pop(fh, None)
            return 0

    releasedir = release

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:  # noqa: ARG002  # likewise
        """Return bytes as they are seen."""
        with self.guard:
            return bytes(self._of(fh).data[offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:  # noqa: ARG002  # likewise
        """Write; nothing keeps it before the file is synced."""
        with self.guard:
            file = self._of(fh)
            self.device.about_to_change()
            taken = self.device.taken(len(data), self._paths[fh])
            file.write(data[:taken], offset)
            return taken

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Give a file another size."""
        with self.guard:
            node = self._of(fh) if fh else self.device.find(path)
            self.device.about_to_change()
            if isinstance(node, File):
                node.truncate(length)
            return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:  # noqa: ARG002  # likewise
        """Keep the content of a file."""
        with self.guard:
            self.device.sync(self._of(fh))
            return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:  # noqa: ARG002  # likewise
        """Keep the names in a folder."""
        with self.guard:
            self.device.sync(self._node(fh))
            return 0

    def mkdir(self, path: str, mode: int) -> int:
        """Make a folder."""
        with self.guard:
            folder, name = self.device.place(path)
            self.device.about_to_change()
            folder.change((name, Folder(stat.S_IFDIR | stat.S_IMODE(mode))))
            return 0

    def unlink(self, path: str) -> int:
        """Take a name away."""
        with self.guard:
            folder, name = self.device.place(path)
            self.device.about_to_change()
            folder.change((name, None))
            return 0

    rmdir = unlink

    def rename(self, old: str, new: str) -> int:
        """Give another name, in one step within a folder."""
        with self.guard:
            node = self.device.find(old)
            source, target = self.device.place(old), self.device.place(new)
            self.device.about_to_change()
            if source[0] is target[0]:
                source[0].change((source[1], None), (target[1], node))
            else:
                target[0].change((target[1], node))
                source[0].change((source[1], None))
            return 0

    def link(self, target: str, source: str) -> int:
        """Give a second name."""
        with self.guard:
            node = self.device.find(source)
            folder, name = self.device.place(target)
            if name in folder.names:
                raise mfusepy.FuseOSError(17)
            self.device.about_to_change()
            folder.change((name, node))
            return 0

    def chmod(self, path: str, mode: int) -> int:
        """Change the mode; it is kept at once, for nothing here rests on it."""
        with self.guard:
            node = self.device.find(path)
            node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)
            return 0

    def statfs(self, path: str) -> dict[str, int]:  # noqa: ARG002  # likewise
        """Return a volume that is never full."""
        return {"f_bsize": BLOCK, "f_frsize": BLOCK, "f_blocks": BLOCKS, "f_bfree": BLOCKS, "f_bavail": BLOCKS}


def obey(mounted: Mounted) -> None:
    """Follow orders until there are no more."""
    device = mounted.device
    orders: dict[str, Callable[..., object]] = {
        "arm": lambda changes, seed: device.arm(changes, None if seed is None else random.Random(seed)),  # noqa: S311
        "cut": device.cut,
        "on": device.power_on,
        "lie": lambda lies: setattr(device, "lies", lies),
        "fail": device.fail,
        "shorten": device.shorten,
        "changes": lambda: device.changes,
        "powered": lambda: device.powered,
    }
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        with mounted.guard:
            said = orders[name](*arguments)
        sys.stdout.write(f"{json.dumps(said)}\n")
        sys.stdout.flush()


def main(folder: str) -> None:
    """Mount until unmounted."""
    mounted = Mounted()
    threading.Thread(target=obey, args=(mounted,), daemon=True).start()
    mfusepy.FUSE(
        mounted,
        folder,
        foreground=True,
        nothreads=True,
        big_writes=True,
        hard_remove=True,  # what is unlinked while open is gone, and not renamed
        attr_timeout=0,  # the kernel remembers nothing that a cut might have changed
        entry_timeout=0,
        negative_timeout=0,
        fsname="forgetful",
    )


if __name__ == "__main__":
    main(sys.argv[1])
