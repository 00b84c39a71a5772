"""How commands reach the service: over HTTP where it runs, or within this process on a data folder of one's own."""

from __future__ import annotations

import asyncio
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import httpx
import typer

from pdp.errors import RequestError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    Within = Callable[[Path, str, str, Mapping[str, str], Mapping[str, object]], Coroutine[None, None, httpx.Response]]

PATIENCE = 30.0  # seconds
DEFAULT_URL = "http://127.0.0.1:8180"

Url = Annotated[str | None, typer.Option("--url", envvar="PDP_URL", help=f"服务的地址;默认 {DEFAULT_URL}")]
Data = Annotated[
    Path | None, typer.Option("--data", help="不经服务,直接用这个数据文件夹(其服务未在运行时)", file_okay=False)
]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", envvar="PDP_TOKEN_FILE", help="存放密钥或者令牌的文件", exists=True, dir_okay=False),
]


def request(  # noqa: PLR0913 -- what one request has
    method: str,
    path: str,
    *,
    url: str | None,
    data: Path | None,
    token_file: Path | None,
    headers: Mapping[str, str] | None = None,
    **said: object,
) -> httpx.Response:
    """Return what the service answers; `said` is what httpx takes: `json`, `params`.

    Raises:
        RequestError: both an address and a data folder are named, or the token cannot be read.
        UnavailableError: the service cannot be reached, or the data folder belongs to another process.
    """
    if url and data and "PDP_URL" not in os.environ:
        place = "--data"
        raise RequestError(place, "--url 与 --data 只能写一个")
    named = {**(headers or {}), **_bearing(token_file)}
    if data is not None:
        # What a service is made of is imported where one is made: asking one that runs takes a second less.
        within: Within = import_module("adapters.cli.within").within
        return asyncio.run(within(data, method, path, named, said))
    address = url or DEFAULT_URL
    try:
        with httpx.Client(base_url=address, timeout=PATIENCE) as client:
            return client.request(method, path, headers=named, **said)  # type: ignore[arg-type]  # passed on as it came
    except httpx.HTTPError as fault:
        message = f"{address}: the service cannot be reached ({fault}); start it by pdp serve, or name --url or --data"
        raise UnavailableError(message) from fault


def _bearing(token_file: Path | None) -> dict[str, str]:
    if token_file is None:
        return {}
    return {"authorization": f"Bearer {token_file.read_text(encoding='ascii').strip()}"}
