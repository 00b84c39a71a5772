"""What an operator decides: where to listen, who may ask, where data and policies lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from adapters.callers import LOCAL, Caller, Id, Level, Strict
from adapters.door_settings import DecisionTokens, EndUserIssuer, GrpcTls, Listener, Port
from adapters.log_settings import CoSigner, LogSettings, WitnessedLog
from adapters.loopback import is_loopback
from adapters.overlay_settings import OverlaySettings, check_overlays
from adapters.reminder_settings import ReminderSettings
from adapters.tokens import Issuer  # noqa: TC001 -- pydantic reads the annotation at run time
from pdp.errors import PDPError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CHECKOUT",
    "PREFIX",
    "SHIPPED",
    "CoSigner",
    "LogSettings",
    "ReminderSettings",
    "RequiredAssurance",
    "Settings",
    "SettingsError",
    "WitnessedLog",
    "is_loopback",
    "load_settings",
    "shipped_policies",
]

SHIPPED = Path(__file__).parent / "shipped"  # where an installed package keeps its policies
CHECKOUT = Path(__file__).parent.parent
PREFIX = "PDP_"
_STRUCTURED = frozenset(
    {
        *("callers", "tokens", "required_assurance", "log", "reminders"),
        *("listeners", "end_users", "decision_tokens", "overlays", "grpc_tls"),
    }
)  # settings that no variable can spell


class SettingsError(PDPError):
    """The service cannot be run as it was told to; the operator must mend a flag, a variable or the settings file."""


class RequiredAssurance(Strict):
    """How strongly a caller must be authenticated, by relation. Source: art_38__para_2."""

    own_use: Level = 1
    sharing: Level = 1
    opening_unconditional: Level = 0
    opening_conditional: Level = 1


def shipped_policies() -> Path:
    """Return the folder with `policies/` and `rego/`: the installed package's own, or the checkout's."""
    return SHIPPED if SHIPPED.is_dir() else CHECKOUT


class Settings(Strict):
    """Everything that can be set, each with its default. Only loopback is open without a registered key."""

    host: str = "127.0.0.1"
    port: Port = 8180
    grpc_port: Port | None = None  # for Envoy's gRPC; None: not served
    grpc_tls: GrpcTls | None = None  # None: nothing of a gateway's certificate is seen there
    listeners: tuple[Listener, ...] = ()
    data: Path = Path("pdp-data")
    ledger: Annotated[str, StringConstraints(pattern=r"\A(postgres(ql)?://[!-~]+)?\z")] = ""  # shared; empty: in `data`
    policies: Path = Field(default_factory=shipped_policies)  # holds `policies/` and `rego/`, or is the first of them
    rego: Path | None = None  # the second, where it lies elsewhere
    public_url: str | None = None
    tls_ended_by: str | None = None  # who ends TLS in front of this service, in words
    callers: tuple[Caller, ...] = ()
    tokens: tuple[Issuer, ...] = ()  # whose bearer tokens are believed
    end_users: tuple[EndUserIssuer, ...] = ()  # whose tokens say who the end user is
    decision_tokens: DecisionTokens = DecisionTokens()
    page_key_file: Path | None = (
        None  # 32 bytes by which all nodes of a fleet know the pages of searches; None: its own
    )
    required_assurance: RequiredAssurance = RequiredAssurance()
    valid_seconds: Annotated[int, Field(ge=0, le=3600)] = 30  # no answer is valid for longer
    staleness_limit_seconds: Annotated[int, Field(ge=1, le=86_400)] = 900  # an older copy of the ledger shares nothing
    deadline_ms: Annotated[int, Field(ge=10, le=60_000)] = 200  # without an answer by then: 503, nothing released
    starting_world: bool = True  # an empty ledger begins with the sample world made from published catalogues
    engine: Literal["rego_embedded", "opa_server"] = "rego_embedded"
    opa_url: str | None = None
    log_format: Literal["auto", "console", "json"] = "auto"
    node: Id = "n1"
    origin: Annotated[str, StringConstraints(pattern=r"\A[a-z0-9.-]+(/[a-z0-9.-]+)*\z", max_length=180)] = (
        "pdp.local"  # of the decision log: authority/decisions/period
    )
    log: LogSettings = LogSettings()
    reminders: ReminderSettings | None = None  # who is told what falls due; None: nobody is
    overlays: tuple[OverlaySettings, ...] = ()  # limits that bodies add on their own OPA servers
    allow_any_filesystem: bool | None = None  # for the journal; None: on loopback only
    concurrency: Annotated[int, Field(ge=1, le=100_000)] = 1024

    @property
    def loopback(self) -> bool:
        """Return whether only this machine can reach the service."""
        return is_loopback(self.host)

    @property
    def any_filesystem(self) -> bool:
        """Return whether the journal may lie on a file system whose durability nobody has examined."""
        return self.loopback if self.allow_any_filesystem is None else self.allow_any_filesystem

    @property
    def registered(self) -> tuple[Caller, ...]:
        """Return the callers; with none registered, whoever is on this machine."""
        return self.callers or (LOCAL,)

    @property
    def elsewhere(self) -> frozenset[str]:
        """Return the callers that a listener of their own proves, so that nothing else has to."""
        return frozenset(listener.caller for listener in self.listeners) if self.callers else frozenset()

    @model_validator(mode="after")
    def _callers_are_told_apart(self) -> Self:
        ids = [caller.id for caller in self.callers]
        keys = [key for caller in self.callers for key in caller.key_sha256]
        if len(ids) != len(set(ids)):
            _refuse("callers: an id is registered twice; give every caller its own")
        if len(keys) != len(set(keys)):
            _refuse("callers: a key is registered twice; give every caller its own")
        if sum(not self._proves_itself(caller) for caller in self.callers) > 1:
            _refuse("callers: only one caller can be without a key; add key_sha256 to the others")
        return self

    @model_validator(mode="after")
    def _certificates_are_seen_and_prove_one_caller(self) -> Self:
        names = [name for caller in self.callers for name in caller.certificates]
        if len(names) != len(set(names)):
            _refuse("callers: a certificate's name is registered twice; give every caller its own")
        if any(caller.vouches and (not caller.key_sha256 or caller.certificates) for caller in self.callers):
            _refuse("callers: whoever vouches for certificates proves itself by key_sha256, and by that alone")
        if names and self.grpc_tls is None and not any(caller.vouches for caller in self.callers):
            _refuse("callers: nobody sees the certificates that are registered; set grpc_tls, or a caller that vouches")
        if self.grpc_tls is not None and self.grpc_port is None:
            _refuse("grpc_tls: there is no port to be protected; set grpc_port")
        return self

    @model_validator(mode="after")
    def _tokens_lead_to_one_caller(self) -> Self:
        for stranger in {issuer.caller for issuer in self.tokens} - {caller.id for caller in self.callers}:
            _refuse(f'tokens: caller "{stranger}" is not registered; add it to callers')
        pinned = [(issuer.issuer, key.kid) for issuer in self.tokens for key in issuer.keys]
        if len(pinned) != len(set(pinned)):
            _refuse("tokens: a kid is pinned twice for one issuer; pin every key once")
        return self

    @model_validator(mode="after")
    def _end_users_are_proven_by_one_key(self) -> Self:
        pinned = [(issuer.issuer, key.kid) for issuer in self.end_users for key in issuer.keys]
        if len(pinned) != len(set(pinned)):
            _refuse("end_users: a kid is pinned twice for one issuer; pin every key once")
        return self

    @model_validator(mode="after")
    def _listeners_lead_to_one_caller(self) -> Self:
        for stranger in {listener.caller for listener in self.listeners} - {caller.id for caller in self.registered}:
            _refuse(f'listeners: caller "{stranger}" is not registered; add it to callers')
        return self

    @model_validator(mode="after")
    def _overlays_answer_in_time(self) -> Self:
        check_overlays(self.overlays, self.deadline_ms)
        return self

    def _proves_itself(self, caller: Caller) -> bool:
        """Return whether `caller` has a key or certificate, an issuer of tokens, or a listener of its own."""
        led_to = {*(issuer.caller for issuer in self.tokens), *(listener.caller for listener in self.listeners)}
        return bool(caller.key_sha256 or caller.certificates) or caller.id in led_to

    @model_validator(mode="after")
    def _beyond_loopback_callers_prove_themselves(self) -> Self:
        if self.loopback:
            return self
        if not self.callers or not all(map(self._proves_itself, self.callers)):
            _refuse(
                f'host: "{self.host}" can be reached from other machines, and not every caller has a key; '
                "register callers with key_sha256 in the settings file, or listen on 127.0.0.1"
            )
        if not self.tls_ended_by:
            _refuse(
                f'host: "{self.host}" can be reached from other machines, and nothing says who ends TLS; '
                "set tls_ended_by, for example to the name of the gateway in front, or listen on 127.0.0.1"
            )
        return self

    @model_validator(mode="after")
    def _addresses_are_usable(self) -> Self:
        url = self.public_url
        if url is not None and (not url.startswith("https://") or any(sign in url for sign in "?# ")):
            _refuse("public_url: must be an https address without query and fragment")
        if self.engine == "opa_server" and not self.opa_url:
            _refuse("opa_url: is needed by engine opa_server; for example http://127.0.0.1:8181")
        return self


def load_settings(flags: Mapping[str, object], environ: Mapping[str, str], file: Path | None = None) -> Settings:
    """Return the settings: `flags` (None: not given) over `PDP_<NAME>` variables over `file` over defaults.

    Raises:
        SettingsError: one of them cannot be used; the message says which and how to mend it.
    """
    chosen: dict[str, object] = dict(_from_file(file)) if file else {}
    for name in Settings.model_fields:
        variable = environ.get(PREFIX + name.upper())
        if variable is not None and name not in _STRUCTURED:
            chosen[name] = variable
    chosen |= {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings.model_validate(chosen)
    except ValidationError as invalid:
        raise SettingsError(_first_fault(invalid)) from invalid


def _refuse(fault: str) -> None:
    """Raise the fault that pydantic hands on to the operator."""
    raise ValueError(fault)


def _first_fault(invalid: ValidationError) -> str:
    """Return the first fault as `settings: place: fault`."""
    first = invalid.errors()[0]
    place = ".".join(map(str, first["loc"]))
    fault = first["msg"].removeprefix("Value error, ")
    return f"settings: {place}: {fault[:1].lower()}{fault[1:]}" if place else f"settings: {fault}"


def _from_file(file: Path) -> Mapping[str, object]:
    """Return the members of a YAML settings file; raise SettingsError for what is none."""
    try:
        members = yaml.load(file.read_bytes(), _UniqueKeys)  # noqa: S506 -- a subclass of SafeLoader
    except OSError as missing:
        fault = f"{file}: cannot be read ({missing.strerror}); check --config"
        raise SettingsError(fault) from missing
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        fault = f"{file}:{line}: {getattr(broken, 'problem', None) or 'is no YAML'}; mend the settings file"
        raise SettingsError(fault) from broken
    if not isinstance(members, dict):
        fault = f"{file}:1: must be a mapping of settings; for example port: 8180"
        raise SettingsError(fault)
    return members


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which one key twice is an error, not the last one's victory."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:  # noqa: FBT001, FBT002 -- the library's own signature
        """Return the mapping; refuse a key that stands in it twice."""
        seen: set[object] = set()
        for key, _ in node.value:
            if key.value in seen:
                fault = f'"{key.value}" stands here twice'
                raise yaml.constructor.ConstructorError(None, None, fault, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
