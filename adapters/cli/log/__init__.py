"""`pdp log`: read, prove, verify and keep the decision log; one module a verb, imported only when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

COMMANDS = (
    "show",
    "search",
    "query",
    "export",
    "verify",
    "receipt",
    "mirror",
    "replay",
    "witness",
    "key",
    "seal",
    "close",
    "prune",
    "erase",
)
_HELP = "决策日志:查询、讲述、重放、导出,出具并核验证明,管理密钥与期限。"

app = typer.Typer(help=_HELP, no_args_is_help=True)
app.callback()(lambda: None)


def _asked() -> tuple[str, ...]:
    """Return the verbs whose modules are needed: the one on the command line, or all of them."""
    asked = sys.argv[2] if len(sys.argv) > 2 and sys.argv[1] == "log" else ""  # noqa: PLR2004  # pdp log VERB
    return (asked,) if asked in COMMANDS else COMMANDS


for _name in _asked():
    _module = import_module(f"adapters.cli.log.{_name}")
    if hasattr(_module, "app"):
        app.add_typer(_module.app, name=_name)
    else:
        app.command(_name)(_module.command)
