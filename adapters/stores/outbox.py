"""Orders for whoever writes the log: one small file each, which survives until what it asks for is done.

A command that cannot write to the log itself, because a service does, leaves its order here. The service puts what is
to be recorded into the log first, then marks the order as recorded, then carries it out: a stop in between repeats a
step, and never skips one.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.device.system_calls import replace_file, sync_folder
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from adapters.device.system_calls import SystemCalls

OUTBOX: Final = "outbox"  # below the data folder
WAITING: Final = ".json"
RECORDED: Final = ".recorded"
REFUSED: Final = ".refused"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done, and whether the log tells of it already."""

    id: str
    kind: str  # of the record
    work: Mapping[str, Any]
    recorded: bool = False


class Outbox:
    """The orders in a data folder. Written by commands, emptied by whoever writes the log."""

    def __init__(self, data: Path, calls: SystemCalls = os) -> None:
        self._folder = data / OUTBOX
        self._calls = calls

    def put(self, kind: str, work: Mapping[str, Any]) -> Order:
        """Leave an order; it is on the device when this returns.

        Args:
            kind: of the record that tells of it.
            work: what to do, without anything that names a person.

        Raises:
            UnavailableError: it may not be there.
        """
        order = Order(secrets.token_hex(16), kind, work)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(self._calls, self._folder.parent)
            self._write(order)
        except OSError as fault:
            raise self._failed(fault) from fault
        return order

    def orders(self) -> list[Order]:
        """Return the orders that are not done, in no order of their own.

        Raises:
            UnavailableError: one cannot be read.
        """
        found = []
        try:
            names = os.listdir(self._folder)  # noqa: PTH208  # asked every second, and mostly empty
        except FileNotFoundError:
            return []
        for name in sorted(names):
            stem, _, suffix = name.partition(".")
            if f".{suffix}" in {WAITING, RECORDED} and stem:
                found.append(self._read(stem, f".{suffix}"))
        return [order for order in found if order is not None]

    def mark_recorded(self, order: Order) -> None:
        """Note that the log tells of `order`."""
        self._move(order, RECORDED)

    def refuse(self, order: Order, why: str) -> None:
        """Give an order back; whoever left it reads why."""
        try:
            replace_file(self._calls, self._folder / f"{order.id}{REFUSED}", why.encode())
        except OSError as fault:
            raise self._failed(fault) from fault
        self.done(order)

    def done(self, order: Order) -> None:
        """Forget an order: it is carried out, or given back."""
        try:
            for suffix in (WAITING, RECORDED):
                (self._folder / f"{order.id}{suffix}").unlink(missing_ok=True)
            sync_folder(self._calls, self._folder)
        except OSError as fault:
            raise self._failed(fault) from fault

    def answer(self, order: Order) -> str | None:
        """Return empty if `order` was carried out, why it was given back, or None while neither has happened."""
        refused = self._folder / f"{order.id}{REFUSED}"
        if refused.exists():
            why = refused.read_text(encoding="utf-8")
            refused.unlink(missing_ok=True)
            return why or "refused"
        there = any((self._folder / f"{order.id}{suffix}").exists() for suffix in (WAITING, RECORDED))
        return None if there else ""

    def _write(self, order: Order) -> None:
        data = json.dumps({"kind": order.kind, "work": dict(order.work)}, sort_keys=True).encode()
        replace_file(self._calls, self._folder / f"{order.id}{WAITING}", data)

    def _read(self, stem: str, suffix: str) -> Order | None:
        path = self._folder / f"{stem}{suffix}"
        try:
            said = json.loads(path.read_bytes())
            return Order(stem, said["kind"], said["work"], recorded=suffix == RECORDED)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as fault:
            message = f"{path}: this order cannot be read ({fault}); remove it, and give it again"
            raise UnavailableError(message) from fault

    def _move(self, order: Order, suffix: str) -> None:
        try:
            self._calls.rename(self._folder / f"{order.id}{WAITING}", self._folder / f"{order.id}{suffix}")
            sync_folder(self._calls, self._folder)
        except OSError as fault:
            raise self._failed(fault) from fault

    def _failed(self, fault: OSError) -> UnavailableError:
        return UnavailableError(f"{self._folder}: orders cannot be kept here ({fault}); mend the device")
