"""The `pdp` command: one module a command, imported only when it is the one that is asked for."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from pdp.errors import PDPError

COMMANDS = (
    *("serve", "ask", "act", "lists", "reminders", "findings", "collection", "proxy"),
    *("log", "cases", "policy", "ledger", "catalogue", "calendar"),
)
_HELP = "公共数据访问决策服务:依据可以阅读、可以验证的规则作出决定,先记录,后答复。"


def main() -> None:
    """Run the command line; a fault that somebody must mend ends with its message and exit code 2."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    app = typer.Typer(name="pdp", help=_HELP, no_args_is_help=True, add_completion=False)
    app.callback()(lambda: None)  # a single command is still a command
    for name in (asked,) if asked in COMMANDS else COMMANDS:
        module = import_module(f"adapters.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(module.command)
    try:
        app()
    except PDPError as fault:
        typer.secho(str(fault), fg=typer.colors.RED, err=True)
        sys.exit(2)
