"""How the parsers of gateways and data APIs read a path, each asked itself: what a program behind it would act upon.

`python -m tests.pdp.routing.readers` writes what Java reads into `tests/data/paths_java.yaml`, for machines without it.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
import yaml

from tests.gateways.programs import TOOLS, free_port, listens
from tests.gateways.raw import sent_as_is
from tests.pdp.routing.paths import corpus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.gateways.raw import Reply

HERE = Path(__file__).parent
GO = TOOLS / "bin/paths_go"
JAVA_READS = HERE.parents[1] / "data/paths_java.yaml"
NGINX_CONFIG = """
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/octet-stream; return 200 "$uri"; }}
  }}
}}
"""
Readings = list[bytes | None]  # None: it refuses, or reads no path


def in_nginx(paths: Sequence[bytes], folder: Path) -> Readings:
    """Return nginx's `$uri`: what locations are matched with, and files and upstreams found by."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX_CONFIG.format(port=port), encoding="utf-8")
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    assert program is not None, "nginx is missing; run scripts/install_debian.sh nginx"
    with (folder / "written.txt").open("wb") as written:
        process = subprocess.Popen([program, "-p", str(folder), "-c", str(config)], stdout=written, stderr=written)
    try:
        while not listens(port):
            assert process.poll() is None, (folder / "written.txt").read_text(encoding="utf-8")
        return [_body(_asked(port, path)) for path in paths]
    finally:
        process.terminate()
        process.wait(10)


def in_uvicorn(paths: Sequence[bytes]) -> Readings:
    """Return what uvicorn, with httptools, tells an application in Python: `scope["path"]`."""
    with _uvicorn() as port:
        return [_body(_asked(port, path)) for path in paths]


def in_go(paths: Sequence[bytes]) -> Readings:
    """Return what Go's `net/http` tells a handler behind `ServeMux`, or where that sends the client instead."""
    assert GO.exists(), "paths_go is missing; run scripts/install_paths_go.sh"
    return [_hex(line.removeprefix("301 ")) for line in _lines([str(GO)], paths)]


def in_node(paths: Sequence[bytes]) -> Readings:
    """Return what the URL class of Node.js and of browsers reads, decoded once."""
    return [_hex(line) for line in _lines(["node", str(HERE / "paths.mjs")], paths)]


def in_java(paths: Sequence[bytes]) -> Readings:
    """Return what `java.net.URI` reads, in normal form."""
    return [_hex(line) for line in _lines(["java", str(HERE / "Paths.java")], paths)]


def java_recorded() -> tuple[str, dict[bytes, bytes | None]]:
    """Return which Java was asked when the corpus was last read with it, and what it said of each path."""
    told = yaml.safe_load(JAVA_READS.read_text(encoding="utf-8"))
    readings = {bytes.fromhex(path): None if read is None else bytes.fromhex(read) for path, read in told["reads"]}
    return told["java"], readings


def _asked(port: int, path: bytes) -> Reply:
    return sent_as_is(port, b"GET " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")


def _body(reply: Reply) -> bytes | None:
    return reply.body if reply.status == 200 else None


def _hex(line: str) -> bytes | None:
    return None if line == "-" else bytes.fromhex(line)


def _lines(command: Sequence[str], paths: Sequence[bytes]) -> list[str]:
    """Return what a program writes of `paths`, which it is told one a line."""
    told = "".join(path.hex() + "\n" for path in paths)
    ran = subprocess.run(command, input=told, capture_output=True, text=True, check=True, timeout=120)
    lines = ran.stdout.splitlines()
    assert len(lines) == len(paths), ran.stderr
    return lines


async def _tell_path(scope: Any, _: Any, send: Any) -> None:  # noqa: ANN401 -- an application as uvicorn calls it
    body = scope["path"].encode("utf-8", "surrogatepass")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def _uvicorn() -> Iterator[int]:
    """Run uvicorn as the service runs it, with an application that tells the path."""
    config = uvicorn.Config(_tell_path, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # from here on nobody is turned away
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def main() -> None:
    """Write what Java reads."""
    version = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr.splitlines()[1]
    paths = [case.raw for case in corpus()]
    lines = ["# What java.net.URI reads in each path of paths.yaml: path and reading in hexadecimal; null: it refuses.",
             "# Written by `python -m tests.pdp.routing.readers`.", f"java: {version}", "reads:"]  # fmt: skip
    for path, read in zip(paths, in_java(paths), strict=True):
        lines.append(f'  - ["{path.hex()}", {"null" if read is None else chr(34) + read.hex() + chr(34)}]')
    JAVA_READS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
