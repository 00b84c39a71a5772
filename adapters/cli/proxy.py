"""`pdp proxy`: stand before a JSON API that cannot be changed, and carry out there what the service decides."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from pathlib import Path  # noqa: TC003  # typer reads the annotation at run time
from typing import TYPE_CHECKING, Annotated, Final

import httpx
import typer
import uvicorn

from adapters.device.secret_file import secret
from adapters.enforcement.generalise import TableError, tables_in
from adapters.enforcement.proxy import DataProxy, Standing
from adapters.enforcement.service import ServiceClient
from adapters.enforcement.token import TokenVerifier
from adapters.enforcement.used_once import UsedOnce
from adapters.files.routes import load_routes
from adapters.logs import FromLibraries, make_log
from adapters.loopback import is_loopback
from adapters.server import KEEP_ALIVE, Server
from adapters.settings import SettingsError, shipped_policies
from pdp.errors import PDPError
from pdp.routing.path import canonical_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.enforcement.generalise import Table
    from pdp.routing.route import Route
    from pdp.routing.route_map import RouteMap

DECIDED_WITHIN: Final = 2.0  # seconds
ANSWERED_WITHIN: Final = 60.0  # seconds that the upstream may be silent
_HOST: Final = re.compile(rb"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(:[0-9]{1,5})?")
_ADDRESS: Final = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)?")


def command(  # noqa: PLR0913, PLR0917  # the flags of one command
    upstream: Annotated[str, typer.Option(help="不能改动的数据接口的地址")],
    service: Annotated[str, typer.Option(help="决策服务的地址;多个节点用逗号分隔,向第一个提问")],
    issuer: Annotated[str, typer.Option(help="决策令牌的签发者,即服务的 public_url")],
    routes: Annotated[Path, typer.Option(help="本代理的路由表,如 policies/routes/edge-proxy.yaml", dir_okay=False)],
    key_file: Annotated[Path, typer.Option(help="本代理在决策服务登记的密钥所在的文件", dir_okay=False)],
    upstream_key_file: Annotated[
        Path | None, typer.Option(help="数据接口要求的密钥所在的文件;默认不带", dir_okay=False)
    ] = None,
    mask_key_file: Annotated[
        Path | None, typer.Option(help="密钥摘要脱敏所用的主密钥文件;没有即生成;不指定则以星号代替", dir_okay=False)
    ] = None,
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="监听端口;0 为任意空闲端口", min=0, max=65535)] = 8280,
    tls_ended_by: Annotated[str | None, typer.Option(help="不只在本机监听时:由谁终结 TLS")] = None,
) -> None:
    """启动数据代理:先问决策服务,再向数据接口取数,按决定过滤、脱敏后返回。"""  # noqa: D415  # as Chinese ends
    if not is_loopback(host) and not tls_ended_by:
        fault = "proxy: host: on another address than this machine's, say with --tls-ended-by who ends TLS"
        raise SettingsError(fault)
    table = _route_map(routes)
    if table.behind is None:
        fault = f"{routes}: names no data API; add behind with audience and enforces"
        raise SettingsError(fault)
    nodes, key = [_address(one, "service") for one in service.split(",")], _key(key_file)
    log, lines = make_log(sys.stderr, "auto")
    logging.getLogger().handlers[:] = [FromLibraries(log)]
    client = ServiceClient(nodes, key)
    standing = Standing(
        service=httpx.AsyncClient(base_url=nodes[0], trust_env=False, timeout=DECIDED_WITHIN),
        upstream=httpx.AsyncClient(
            base_url=_address(upstream, "upstream"),
            trust_env=False,
            timeout=httpx.Timeout(ANSWERED_WITHIN, connect=2.0),
        ),
        gateway_token=key,
        verifier=TokenVerifier(
            issuer=issuer, audience=table.behind.audience, keys=client, references=client, used=UsedOnce()
        ),
        layout=layout_of(table),
        log=log.info,
        upstream_credential=_key(upstream_key_file) if upstream_key_file else None,
        mask_key=secret(mask_key_file) if mask_key_file else None,
        tables=_tables(),
    )
    try:
        asyncio.run(_serve(standing, host, port))
    finally:
        client.close()
        lines.flush()


def layout_of(table: RouteMap) -> Callable[[str, bytes, bytes | None], Route | None]:
    """Return what finds the route of a call, which says where its rows are."""

    def layout(method: str, raw_path: bytes, host: bytes | None) -> Route | None:
        named = None if host is None else _HOST.fullmatch(host)
        try:
            path = canonical_path(raw_path)
        except PDPError:
            return None
        match = table.find(method, named[1].decode().lower() if named else None, path)
        return match.route if match else None

    return layout


async def _serve(standing: Standing, host: str, port: int) -> None:
    config = uvicorn.Config(
        DataProxy(standing), host=host, port=port, http="httptools", ws="none", lifespan="off", log_config=None,
        access_log=False, server_header=False, proxy_headers=False, timeout_keep_alive=KEEP_ALIVE,
    )  # fmt: skip
    shown = f"[{host}]" if ":" in host else host
    server = Server(config, lambda listening: typer.echo(f"数据代理 · http://{shown}:{listening}/", err=True))
    await server.serve()
    await standing.service.aclose()
    await standing.upstream.aclose()


def _route_map(path: Path) -> RouteMap:
    maps = load_routes(path.parent, path.parent.parent)
    if path.stem not in maps:
        fault = f"{path}: is not there; give a route map such as policies/routes/edge-proxy.yaml"
        raise SettingsError(fault)
    return maps[path.stem]


def _tables() -> dict[str, Table]:
    try:
        return dict(tables_in(shipped_policies() / "policies" / "duties.yaml"))
    except TableError as fault:
        raise SettingsError(str(fault)) from fault


def _address(text: str, flag: str) -> str:
    if not _ADDRESS.fullmatch(text):
        fault = f"proxy: {flag}: must be an http or https address without query; for example http://127.0.0.1:8180"
        raise SettingsError(fault)
    return text


def _key(path: Path) -> str:
    """Return the key in a file that others cannot read."""
    try:
        mode, key = path.stat().st_mode, path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as missing:
        fault = f"{path}: cannot be read as a key; write the key that is registered into it"
        raise SettingsError(fault) from missing
    if mode & 0o077 or not key or not key.isprintable() or " " in key:
        fault = f"{path}: must hold one key and be readable by its owner alone; change its mode to 600"
        raise SettingsError(fault)
    return key
