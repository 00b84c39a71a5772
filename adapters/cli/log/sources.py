"""Where `pdp log` reads a published log: in a data folder, beside a running service or not, or at an address."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.publishing.folder_log import FolderLog, folder_logs
from adapters.publishing.remote_log import RemoteLog
from adapters.publishing.twins import TWIN, suite_of
from adapters.settings import Settings
from pdp.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

DataOption = Annotated[Path | None, typer.Option("--data", help="数据文件夹;服务运行与否均可", file_okay=False)]
UrlOption = Annotated[str | None, typer.Option("--url", help="服务的地址,或者日志公布的地址;代替 --data")]
NameOption = Annotated[str | None, typer.Option("--log", help="哪个日志,例如 n1-0,其国密孪生为 n1-0/sm3;默认为最新的")]
KeyOption = Annotated[
    Path | None, typer.Option("--key-file", help="调用方密钥所在的文件;与 --url 同用", exists=True, dir_okay=False)
]


def folder_log(data: Path | None, name: str | None) -> FolderLog:
    """Return the log called `name` in a data folder, the newest of the last writer where no name is given.

    Raises:
        RequestError: there is none of this name.
        UnavailableError: there is no log at all.
    """
    logs = folder_logs(data or Settings().data)
    if name is None:
        return logs[-1]
    for log in logs:
        if log.name == name.removesuffix(f"/{TWIN}"):
            return FolderLog(log.reader.folder, suite_of(name))
    place, fault = "--log", f'"{name}" is no log of this folder; it has {", ".join(log.name for log in logs)}'
    raise RequestError(place, fault)


@contextmanager
def remote_log(url: str, name: str | None, key_file: Path | None) -> Iterator[RemoteLog]:
    """Return the log published at `url`, closed at the end."""
    key = key_file.read_text(encoding="utf-8").strip() if key_file else ""
    with RemoteLog(url, name or "", key) as log:
        yield log
