"""Which concrete thing stands behind each port: the only file that knows them all."""

from __future__ import annotations

import asyncio
import os
import secrets
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from adapters import ledgers
from adapters.device.clock import SystemClock
from adapters.device.ids import Ids
from adapters.device.secret_file import secret
from adapters.device.sync_speed import sync_speed
from adapters.engines.casbin_tables import CasbinTables
from adapters.engines.opa_server import OpaServer
from adapters.engines.rego_embedded import EmbeddedRego
from adapters.engines.rego_facts import RegoFacts
from adapters.files.policy_set import load_policy_set
from adapters.files.routes import check_route_maps
from adapters.proceedings import Known, Proceedings
from adapters.publishing.closing import place
from adapters.publishing.keeping import LogKeeping, Told
from adapters.publishing.opening import journal_of, older_logs, slot_to_write
from adapters.publishing.witnessing import witnessing
from adapters.reminding.opening import reminding
from adapters.revisions import Revisions
from adapters.settings import Settings, SettingsError, shipped_policies
from adapters.signers.token_keys import TokenKeys
from adapters.stores.log_set import LogSet
from adapters.stores.orders import Orders
from adapters.stores.outbox import Outbox
from adapters.stores.person_keys import SqlitePersonKeys
from adapters.stores.rulebook_cache import compile_rulebook
from adapters.stores.usage import JournalUsage
from pdp.errors import UnavailableError
from pdp.log.statements import StatementTeller
from pdp.searches import Searches
from pdp.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from adapters.engines.opa_overlay import OpaOverlay
    from adapters.gateways.procedures import Procedures
    from adapters.stores.postgres_ledger import PostgresLedger
    from adapters.stores.sqlite_ledger import SqliteLedger
    from pdp.ports import RuleEngine
    from pdp.rulebook.policy_set import PolicySet
    from pdp.rulebook.rulebook import Rulebook

    Alarm = Callable[[str, str], None]
    Event = Callable[[str, Mapping[str, object]], bytes]
    Record = Callable[[str, Mapping[str, object]], None]

PATIENCE = 10.0  # seconds that an event may take into the log
LOOK_AT_KEYS = 600 * 10**9  # nanoseconds between looks whether a key is to be rotated
FACTS_SHARE = 0.75  # of a question's deadline that a pack's own facts may take


def cache_folder() -> Path:
    """Return where compiled answers are kept between starts; losing it costs one compilation."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "public-data-pdp"


def compiled(root: Path, engine: RuleEngine | None = None, rego: Path | None = None) -> tuple[PolicySet, Rulebook]:
    """Return the policies under `root`, the folder that holds policies/ and rego/, and their rulebook.

    Where `rego` is given, `root` may be the folder with the policies alone.

    Raises:
        PolicyError: a file cannot be used; path, line, fault and remedy.
        UnavailableError: an engine fails.
    """
    policies = load_policy_set(root, rego)
    return policies, compile_rulebook(policies, engine or EmbeddedRego(), CasbinTables(), cache_folder())


def open_ledger(data: Path, root: Path | None = None) -> SqliteLedger:
    """Return the ledger kept in `data`, created if need be, admitting what the policies under `root` allow.

    Raises:
        PolicyError: the policies cannot be used.
        UnavailableError: the ledger cannot be opened.
    """
    policies, rulebook = compiled(root or shipped_policies())
    return ledgers.file_in(data, ledgers.admission(policies, rulebook))


def open_shared_ledger(data: Path) -> SqliteLedger | PostgresLedger:
    """Return the ledger in which acts are recorded: that of `PDP_LEDGER` where it is set, else the one in `data`.

    Raises:
        PolicyError: the policies cannot be used.
        UnavailableError: the ledger cannot be opened.
    """
    return ledgers.where_acts_are_recorded(data, ledgers.admission(*compiled(shipped_policies())))


def overlays_of(settings: Settings, policies: PolicySet, alarm: Alarm) -> Sequence[OpaOverlay]:
    """Return the overlays that the settings name; none is asked yet.

    Raises:
        SettingsError: one rests on an article that is not in the law.
        UnavailableError: a file that one needs cannot be read.
    """
    if not settings.overlays:
        return ()
    from adapters.engines.opa_overlay import OpaOverlay  # noqa: PLC0415  # slow to load, and seldom needed

    for overlay in settings.overlays:
        for article in set(overlay.articles) - policies.instrument.units.keys():
            fault = f"overlays: {overlay.id}: {article} is not in the law; name another article, or a basis"
            raise SettingsError(fault)
    return [OpaOverlay(overlay, alarm) for overlay in settings.overlays]


def build_service(
    settings: Settings,
    failed: Callable[[UnavailableError], None] = lambda _: None,
    alarm: Alarm = lambda _, __: None,
) -> Installation:
    """Return the whole service on its stores, as a context manager.

    Args:
        settings: what the operator decided.
        failed: told, from any thread, when the log must not go on; the process should then exit with 70.
        alarm: told, from any thread, what is wrong with the keeping of the log, and the fault; the service goes on.

    Raises:
        PolicyError: the policies cannot be used; nothing was opened.
        UnavailableError: a store cannot be opened, or belongs to another process.
    """
    return Installation(settings, failed, alarm)


class Installation:
    """A service with its stores, which it closes at the end."""

    service: Service

    def __init__(self, settings: Settings, failed: Callable[[UnavailableError], None], alarm: Alarm) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self._ids = Ids()
        self._failed = failed
        self._alarm = alarm
        self._stack = ExitStack()
        self._boot = secrets.token_hex(8)
        self._proceedings: Proceedings | None = None
        self._facts: RegoFacts | None = None  # where the pack in force derives its facts itself

    def __enter__(self) -> Self:
        """Open everything; what was opened is closed again if something cannot be."""
        with ExitStack() as stack:
            self._open(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    async def begin(self) -> None:
        """Record which revision decides, then answer questions and publish the log, until `end`.

        Raises:
            UnavailableError: the log is down.
        """
        await self.service.activate()
        loop = asyncio.get_running_loop()

        def record(kind: str, members: Mapping[str, object]) -> None:
            asyncio.run_coroutine_threadsafe(self.service.record(kind, members), loop).result(PATIENCE)

        self.keeping.start(record)
        if self.reminding is not None:
            self.reminding.start()

    async def end(self) -> None:
        """Publish what is recorded; questions may still be answered meanwhile."""
        if self.reminding is not None:
            await asyncio.to_thread(self.reminding.stop)
        await asyncio.to_thread(self.keeping.stop)
        for overlay in self._overlays:
            await overlay.close()

    async def reload(self) -> None:
        """Read the policies anew and put them in force, whole; on any fault the last good revision stays.

        Raises:
            PolicyError: a file cannot be used.
            UnavailableError: an engine fails, or the change cannot be recorded.
        """
        read = await asyncio.to_thread(self._compiled)  # questions go on meanwhile
        check_route_maps(self.settings.callers, read[0].routes)
        before, coming = self._facts, await asyncio.to_thread(self._fact_engine, read[0])
        try:
            await self.service.activate(self._revisions.in_force(*read, self._usage, self._slot, coming))
        except BaseException:
            before, self._facts = coming, before
            raise
        finally:
            await asyncio.to_thread(_close, before)
        self.ledger.admission = ledgers.admission(*read)

    def _open(self, stack: ExitStack) -> None:
        data = self.settings.data
        policies, rulebook = self._compiled()
        check_route_maps(self.settings.callers, policies.routes)
        stack.callback(lambda: _close(self._facts))
        self._fact_engine(policies)
        law = ledgers.admission(policies, rulebook)
        self.ledger: ledgers.NodeLedger = ledgers.of_node(self.settings, law, self._alarm)
        stack.callback(self.ledger.close)
        if self.settings.starting_world and policies.deriving is None and self.ledger.head() == 0:
            from adapters.catalogues.starting_world import starting_world  # noqa: PLC0415  # needed once, slow to load

            ledgers.found(self.ledger, starting_world())
        self.sync = sync_speed(data)
        self._persons = SqlitePersonKeys(data / "keys" / "persons.sqlite")
        stack.callback(self._persons.close)
        request_key = secret(data / "keys" / "request.key")
        self._revisions = Revisions(self.settings, self.ledger, self._persons, request_key, self.clock, self._boot)
        rotate = timedelta(days=self.settings.decision_tokens.rotate_days)
        self.signing = TokenKeys.open(data / "keys" / "tokens", self.clock.now(), rotate)
        self._keys_seen = self.clock.mono_ns()
        self._open_log(stack, policies, rulebook)
        retention = timedelta(days=self.settings.log.retention_days)
        outbox = Outbox(data)
        self._orders = Orders(data, self.settings.node, outbox, self._persons, retention, may_do=self._may_do)
        self.keeping = stack.enter_context(self._keeping())
        self.witness = stack.enter_context(witnessing(self.settings, self._alarm))
        in_force = self._revisions.in_force(policies, rulebook, self._usage, self._slot, self._facts)
        valid_for = timedelta(seconds=self.settings.valid_seconds)
        teller = StatementTeller(self.ledger, self._usage.statements)
        self._overlays = overlays_of(self.settings, policies, self._alarm)
        self.service = Service(
            in_force, self.log, self._usage, self.clock, self._ids, teller, valid_for, self.keeping.refusal,
            ledgers.freshness(self.ledger), timedelta(seconds=self.settings.staleness_limit_seconds),
            self._overlays,
        )  # fmt: skip
        self.searches = Searches(self.service, self.ledger, self._usage, self.clock)
        shared = self.settings.page_key_file
        self.page_key = secret(shared or data / "keys" / "pages.key", create=shared is None)
        self.reminding = stack.enter_context(reminding(self.settings, self._own_ledger, self.clock.now, self._alarm))

    def _own_ledger(self) -> SqliteLedger:
        """Return the ledger opened once more, with a world that no question looks at."""
        law = ledgers.admission(self.service.policy, self.service.rulebook)
        return ledgers.file_in(self.settings.data, law)

    def procedures(self) -> Procedures:
        """Return what the doors of acts, lists and findings rest on; opened when it is first asked for."""
        if self._proceedings is None:
            known = Known(
                lambda: self.ledger.admission,
                self.clock.now,
                lambda person: self._persons.digest("account", person),
                self._usage.used,
            )
            opened = Proceedings(self.settings.data, self.ledger, self._own_ledger(), known)
            self._proceedings = self._stack.enter_context(opened)
        return self._proceedings.doors()

    def _open_log(self, stack: ExitStack, policies: PolicySet, rulebook: Rulebook) -> None:
        """Open the log that is written, and those before it; learn from them how often applications were used."""
        settings, world = self.settings, self._revisions.world(policies)

        def event_of(slot: int) -> Event:
            recorder = self._revisions.recorder(policies, rulebook, world, slot)

            def event(kind: str, members: Mapping[str, object]) -> bytes:
                now = self.clock.now()
                return recorder.event(self._ids(now), now, self.clock.mono_ns(), kind, members)

            return event

        self._slot = slot_to_write(settings, self.clock.now(), event_of, self._alarm)
        self.journal = journal_of(settings, self._slot, event_of(self._slot), self._failed)
        stack.callback(self.journal.close)
        older = older_logs(settings, self._slot)
        self.log = LogSet(self.journal, [log for _, log in older])
        self._usage = JournalUsage(settings.data / "usage.sqlite", self.journal.size, self._slot)
        stack.callback(self._usage.close)
        before = [(slot, None if log.pruned else log.records) for slot, log in older]
        self._usage.catch_up([*before, (self._slot, self.journal.records)])

    def _compiled(self) -> tuple[PolicySet, Rulebook]:
        return compiled(self.settings.policies, self._engine(), self.settings.rego)

    def _fact_engine(self, policies: PolicySet) -> RegoFacts | None:
        """Return what derives the facts of `policies`, which is asked from now on; None: `pdp.facts` does.

        A question that it keeps waiting is recorded as failed before the door's own deadline.
        """
        rules, seconds = policies.deriving, FACTS_SHARE * self.settings.deadline_ms / 1000
        url = self.settings.opa_url if self.settings.engine == "opa_server" else None
        self._facts = None if rules is None else RegoFacts(rules, url, seconds=seconds)
        return self._facts

    def _engine(self) -> RuleEngine:
        if self.settings.engine == "opa_server" and self.settings.opa_url:
            return OpaServer(self.settings.opa_url)
        return EmbeddedRego()

    def _keeping(self) -> LogKeeping:
        told = Told(self._alarm, self._failed, self._at_leisure)
        return LogKeeping(self.settings, *place(self.settings, self._slot), self.journal, told)

    def _at_leisure(self, record: Record) -> None:
        """Do what can wait: read what the journal has gained, so that the next start has little to read; carry out."""
        self._usage.settle_at_leisure(self.journal.records)
        self._orders.carry_out(record)
        if self._proceedings is not None:
            self._proceedings.at_leisure()
        self._look_at_keys()

    def _look_at_keys(self) -> None:
        """Rotate the keys of tokens when that is due."""
        if self.clock.mono_ns() - self._keys_seen < LOOK_AT_KEYS:
            return
        self._keys_seen = self.clock.mono_ns()
        try:
            self.signing.look(self.clock.now())
        except UnavailableError as fault:
            self._alarm("the keys of decision tokens cannot be rotated; the old one signs on", str(fault))

    def _may_do(self, post: str, act: str) -> bool:
        """Answer by the policies in force when it is asked."""
        return self.service.rulebook.may_do(post, act)


def _close(facts: RegoFacts | None) -> None:
    """End an engine that derived facts, if there is one."""
    if facts is not None:
        facts.close()
