"""The options that name a pack: which rules decide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Policies: TypeAlias = Annotated[
    Path | None, typer.Option("--policies", help="含 policies/ 与 rego/ 的文件夹;默认为随附的规则", file_okay=False)
]
Rego: TypeAlias = Annotated[
    Path | None, typer.Option("--rego", help="rego/ 不在 policies/ 旁边的,写明它在哪里", file_okay=False)
]
