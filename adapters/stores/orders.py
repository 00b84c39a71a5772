"""Carries out what was ordered for the log and its people: recorded first, then done. Source: the format, § 11."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from adapters.stores.agreement import ERASE, PRUNE, confirmations
from adapters.stores.log_time import vouched_age
from adapters.stores.retention import RetentionError, check, prune, pruned_members
from pdp.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from adapters.device.system_calls import SystemCalls
    from adapters.stores.agreement import Confirmation, MayDo
    from adapters.stores.outbox import Order, Outbox
    from adapters.stores.person_keys import SqlitePersonKeys

    Record = Callable[[str, Mapping[str, object]], object]

ERASED: Final = "person.erased"
LOCKED: Final = "person.locked"
PRUNED: Final = "log.pruned"


class Orders:
    """The orders of one data folder, carried out by whoever writes its log. Belongs to one thread."""

    def __init__(  # noqa: PLR0913  # where, what about, how long, who may, and the kernel
        self,
        data: Path,
        node: str,
        outbox: Outbox,
        persons: SqlitePersonKeys,
        retention: timedelta,
        *,
        may_do: MayDo,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        calls: SystemCalls = os,
    ) -> None:
        self._data, self._node = data, node
        self._outbox = outbox
        self._persons = persons
        self._retention = retention
        self._may_do = may_do
        self._now = now
        self._calls = calls

    def carry_out(self, record: Record) -> int:
        """Do what was ordered and what is due; return how much that was.

        Whatever an order asks for is checked here again: an order is a request, not a permission.

        Args:
            record: puts an event into the log, and returns when it is there.

        Raises:
            UnavailableError: the log or a store is down; what is not done is done the next time.
        """
        done = 0
        for order in self._outbox.orders():
            try:
                self._carry_out(order, record)
            except RetentionError as refused:
                self._outbox.refuse(order, str(refused))
            except OSError as fault:
                message = f"{self._data}: an order cannot be carried out ({fault}); mend the device"
                raise UnavailableError(message) from fault
            done += 1
        return done + self._erase_due(record)

    def _carry_out(self, order: Order, record: Record) -> None:
        if not order.recorded:
            kind, members = self._told(order)
            record(kind, members)
            self._outbox.mark_recorded(order)
        self._do(order.kind, order.work)
        self._outbox.done(order)

    def _told(self, order: Order) -> tuple[str, Mapping[str, object]]:
        """Return the record that tells of an order; raise RetentionError for one that may not be carried out."""
        if order.kind in {ERASED, LOCKED}:
            self._confirmed(order, ERASE)
            return order.kind, {"person": order.work["person"]}
        if order.kind == PRUNED:
            confirmed = self._confirmed(order, PRUNE)
            log = check(self._data, order.work["log"], self._retention, self._now())
            return order.kind, pruned_members(log, [{"person": one.name, "role": one.role} for one in confirmed])
        message = f'nobody knows how to carry out "{order.kind}"'
        raise RetentionError(message)

    def _confirmed(self, order: Order, act: str) -> list[Confirmation]:
        """Return who agreed to an order, by the policies as they are now."""
        said = [f"{one['role']}:{one['person']}" for one in order.work.get("confirmed", ())]
        return confirmations(said, act, self._may_do)

    def _do(self, kind: str, work: Mapping[str, Any]) -> None:
        if kind == ERASED:
            self._persons.erase(work["token"])
        elif kind == LOCKED:
            until = datetime.fromisoformat(work["until"])
            self._persons.lock(work["token"], work["person"], self._now(), until)
        else:
            prune(self._data, work["log"], self._retention, self._now(), self._calls)

    def _erase_due(self, record: Record) -> int:
        """Delete the keys that were set aside for a time that is over, for certain."""
        done = 0
        for locked in self._persons.locked():
            now = self._now()
            if now < locked.until:  # they come by time; asking the logs costs more
                break
            if locked.since + vouched_age(self._data, self._node, locked.since, now) >= locked.until:
                record(ERASED, {"person": locked.person})
                self._persons.erase_locked(locked.person)
                done += 1
        return done
