"""A real PostgreSQL server for tests: own folder, own port on loopback, passwords asked for; gone when it is closed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "open-sesame"  # noqa: S105  # of a server that lives as long as a test
_BIN = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
_AS = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # the server refuses to be root's


class Server:
    """One server; `start`, `stop` and `kill` return when that is done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            self.port = listening.getsockname()[1]
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        if _AS:
            for path in (folder, secret):
                shutil.chown(path, "postgres", "postgres")
        self._names = count(1)
        access = ["-A", "scram-sha-256", "-U", "ledger", f"--pwfile={secret}"]
        self._run("initdb", "-D", str(folder / "data"), *access, "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        """Start the server and wait until it answers; without fsync, for no test cuts the power."""
        options = (
            f"-c fsync=off -c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.folder}"
        )
        log = str(self.folder / "server.log")
        self._run("pg_ctl", "start", "-w", "-D", str(self.folder / "data"), "-l", log, "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; `immediate` leaves it to recover when it is started again."""
        self._run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.folder / "data"))

    def url(self, password: str = PASSWORD, query: str = "") -> str:
        """Return the URL of the one database."""
        return f"postgresql://ledger:{password}@127.0.0.1:{self.port}/postgres{query}"

    def new_schema(self) -> str:
        """Make an empty schema and return the URL under which nothing else is seen; a database each would be slow."""
        name = f"ledger{next(self._names)}"
        with psycopg.connect(self.url(), autocommit=True) as db:
            db.execute(f"CREATE SCHEMA {name}")
        return self.url(query=f"?options=-csearch_path%3D{name}")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*_AS, str(_BIN / program), *arguments]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(command, check=True, cwd="/", timeout=60, **quiet)


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server."""
    folder = Path(tempfile.mkdtemp(prefix="pdp-postgres-", dir="/tmp"))  # a socket's path must be short
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        if (folder / "data/postmaster.pid").exists():
            server.stop("immediate")
        shutil.rmtree(folder)
