"""A great file of statements: a process of its own reads and checks it while this one records what was read before.

What comes of it is what `adapters.files.statements.read` gives, in the same order, up to the first line that is wrong.
"""

from __future__ import annotations

import fcntl
import gc
import marshal
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final

from adapters.files.statements import Told, read, stated
from pdp.errors import PolicyError, UnavailableError
from pdp.ledger.statement import Statement, Words, words_of
from pdp.workdays import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

WORTH: Final = 4 << 20  # bytes of a file from which on a second process pays
_TOGETHER: Final = 500  # lines that travel together
_AHEAD: Final = 1 << 20  # bytes that wait to be taken; any program may ask for as many

_Line = tuple[int, str, str, str, dict[str, object], str, tuple[str, ...], tuple[str, ...]]
"""Line, kind, instant, speaker, members, evidence, refs, words; without a speaker, no refs and no words."""
_Fault = dict[str, str | int]


@contextmanager
def read_ahead(path: Path) -> Iterator[Iterator[Told]]:
    """Yield the statements of a file of JSON lines; those that name their speaker are checked already.

    Raises:
        PolicyError: a line cannot be read, or is not what its kind says; those before it were given.
        UnavailableError: the process that reads ended before the file did.
    """
    context = get_context("spawn")
    taking, giving = context.Pipe(duplex=False)
    reader = context.Process(target=_give, args=(path, giving), name=f"reading {path.name}", daemon=True)
    with taking:
        fcntl.fcntl(giving.fileno(), fcntl.F_SETPIPE_SZ, _AHEAD)
        reader.start()
        giving.close()  # this end, so that the end of the reader is the end of what can be taken
        try:
            yield _taken(path.as_posix(), taking)
        finally:
            reader.terminate()
            reader.join()


def _taken(shown: str, taking: Connection) -> Iterator[Told]:
    while lines := _next(shown, taking):
        for number, kind, instant, by, members, evidence, about, words in lines:
            at = datetime.fromisoformat(instant).astimezone(SHANGHAI)
            checked = Statement(kind, at, by, members, about, evidence).in_words(Words(*words)) if by else None
            yield Told(kind, members, at, by, evidence, shown, number, checked)


def _next(shown: str, taking: Connection) -> list[_Line]:
    """Return the next lines; none at the end of the file."""
    try:
        given: list[_Line] | _Fault = marshal.loads(taking.recv_bytes())  # noqa: S302  # what our own process gives
    except EOFError:
        message = f"the process that reads {shown} ended before the file did; nothing was recorded: try again"
        raise UnavailableError(message) from None
    if isinstance(given, dict):
        raise PolicyError(**given)  # type: ignore[arg-type]  # as `_give` took it apart
    return given


def _give(path: Path, giving: Connection) -> None:
    """Read the whole file, give its lines, and after the last one none; or say why it cannot be read further."""
    gc.disable()  # lines leave no cycles behind
    lines: list[_Line] = []
    try:
        for told in read(path):
            lines.append(_checked(told))
            if len(lines) == _TOGETHER:
                giving.send_bytes(marshal.dumps(lines))
                lines = []
    except PolicyError as wrong:
        last: list[_Line] | _Fault = {
            "path": wrong.path, "line": wrong.line, "fault": wrong.fault, "remedy": wrong.remedy
        }  # fmt: skip
    else:
        last = []
    if lines:
        giving.send_bytes(marshal.dumps(lines))
    giving.send_bytes(marshal.dumps(last))


def _checked(told: Told) -> _Line:
    line = told.line, told.kind, told.at.isoformat(), told.by, dict(told.members), told.evidence
    if not told.by:
        return *line, (), ()
    said = stated(told, told.by)
    return *line, said.about, tuple(words_of(said))
