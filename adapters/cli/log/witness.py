"""`pdp log witness`: who co-signed what of our logs and when, and what we co-signed of the logs of others."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.log.cosigned import Standing, cosigned_here, cosigned_of_ours
from adapters.cli.log.witness_view import plain, show
from adapters.settings import load_settings
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from adapters.cli.log.cosigned import OfOurs

app = typer.Typer(name="witness", help="见证:谁在何时为我们的日志副署,我们又为谁副署。", no_args_is_help=True)
app.callback()(lambda: None)

_Data = Annotated[Path | None, typer.Option("--data", help="数据文件夹", file_okay=False)]
_Config = Annotated[
    Path | None, typer.Option("--config", help="设置文件(YAML):其中的见证方公钥用来核验副署", dir_okay=False)
]
_WRONG = frozenset({Standing.LATE, Standing.NEVER, Standing.WRONG})


@app.command("show", help="列出每个见证方最近一次副署及其滞后;退出码 1:有迟到、缺失、不实的副署,或者有分叉的证据。")
def show_(
    data: _Data = None,
    config: _Config = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON,含分叉的证据全文")] = False,
) -> None:
    """Show who co-signed what when."""
    settings = load_settings({"data": data}, os.environ, config)
    now = int(time.time())
    ours, (theirs, evidence) = cosigned_of_ours(settings, now), cosigned_here(settings.data)
    if not ours and not theirs:
        message = f"{settings.data}: nobody co-signs here; name a data folder with --data, the settings with --config"
        raise UnavailableError(message)
    if as_json:
        typer.echo(json.dumps(plain(ours, theirs, evidence), ensure_ascii=False, indent=1))
    else:
        show(ours, theirs, evidence, now)
    if evidence or _is_wrong(ours):
        raise typer.Exit(1)


def _is_wrong(ours: list[OfOurs]) -> bool:
    """Return whether a witness of the newest log of a writer is not as it should be; older logs are closed."""
    return any(each.standing in _WRONG for each in ours if each.newest)
