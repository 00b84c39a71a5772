"""The keys that sign what programs read: decision tokens, and the metadata document. Each node has its own.

`keys.json` says which keys there are and since when each signs; beside it lies one file a seed, `<generation>.ed25519`,
readable by its owner alone. A successor is published before it signs, and a key stays published for a day after it
signed last, so that whoever keeps the JWK set for some minutes never meets a token it cannot verify.
"""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt import PyJWS

from adapters.device.secret_file import secret
from adapters.device.system_calls import replace_file, sync_folder
from pdp.errors import UnavailableError
from pdp.log.instants import utc

if TYPE_CHECKING:
    from pathlib import Path

KEYS: Final = "keys.json"
ALGORITHM: Final = "EdDSA"
LEAD: Final = timedelta(days=1)  # for which a key is published before it signs
STAYS: Final = timedelta(days=1)  # for which a key is published after it signed last; no token lives so long
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class TokenKey:
    """The public side of one key: it signs from `begins` until its successor begins."""

    generation: int  # from 1
    public: bytes
    begins: datetime

    @property
    def kid(self) -> str:
        """Return the thumbprint of RFC 7638: no two keys of any node have the same."""
        return _spelled(
            hashlib.sha256(b'{"crv":"Ed25519","kty":"OKP","x":"%b"}' % _spelled(self.public).encode()).digest()
        )

    def jwk(self) -> dict[str, str]:
        """Return the key as a JWK set lists it."""
        public = {"kty": "OKP", "crv": "Ed25519", "x": _spelled(self.public)}
        return {**public, "kid": self.kid, "use": "sig", "alg": ALGORITHM}


class TokenKeys:
    """The keys of this node. `sign`, `published`: from any thread; `look`: from one at a time."""

    def __init__(self, folder: Path, keys: tuple[TokenKey, ...], rotate: timedelta) -> None:
        """Use `open`."""
        self._folder, self._keys, self._rotate = folder, keys, rotate
        self._jws = PyJWS(algorithms=[ALGORITHM])
        self._signing: tuple[str, Ed25519PrivateKey] | None = None
        self._set = b""

    @classmethod
    def open(cls, folder: Path, now: datetime, rotate: timedelta) -> Self:
        """Return the keys that lie in `folder`; the first is made where there never was one.

        Args:
            folder: of these keys and of nothing else.
            now: aware.
            rotate: how long a key signs before its successor does.

        Raises:
            UnavailableError: a key is missing, readable by others, or not the one that the list names.
        """
        opened = cls(folder, _listed(folder), rotate)
        opened.look(now)
        return opened

    def sign(self, payload: bytes, kind: str) -> str:
        """Return the compact JWS over `payload`, whose header says `kind` as `typ`."""
        if self._signing is None:
            message = f"{self._folder}: no key signs; open the folder again"
            raise UnavailableError(message)
        kid, key = self._signing
        return self._jws.encode(payload, key, ALGORITHM, {"kid": kid, "typ": kind})

    def published(self) -> bytes:
        """Return the JWK set: every key by which a signature in use can be verified, and the next one."""
        return self._set

    def look(self, now: datetime) -> None:
        """Make the successor that is due, begin to sign with it, and forget what nobody needs; `now` is aware.

        Raises:
            UnavailableError: a key cannot be made, or is not the one that the list names; the key that signed goes on.
        """
        lead = min(LEAD, self._rotate / 2)
        if not self._keys:
            self._grow(1, now)
        elif self._keys[-1].begins + self._rotate - lead <= now:
            self._grow(self._keys[-1].generation + 1, now + lead)
        signing = max(place for place, key in enumerate(self._keys) if key.begins <= now or place == 0)
        kept = tuple(key for key, ended in self._ended() if ended is None or now < ended + STAYS)
        if kept != self._keys:
            signing -= len(self._keys) - len(kept)
            self._keep(kept)
        self._use(self._keys[signing])
        self._set = json.dumps({"keys": [key.jwk() for key in self._keys]}).encode()
        self._forget(self._keys[signing].generation)

    def _ended(self) -> list[tuple[TokenKey, datetime | None]]:
        """Return each key with the instant at which it signs no more; None: it has no successor."""
        return list(zip(self._keys, [*(key.begins for key in self._keys[1:]), None], strict=True))

    def _grow(self, generation: int, begins: datetime) -> None:
        """Add a key; its seed is on the device before the list names it."""
        private = Ed25519PrivateKey.from_private_bytes(secret(self._seed(generation)))
        self._keep((*self._keys, TokenKey(generation, private.public_key().public_bytes_raw(), begins)))

    def _keep(self, keys: tuple[TokenKey, ...]) -> None:
        listed = [{"generation": key.generation, "x": _spelled(key.public), "begins": utc(key.begins)} for key in keys]
        try:
            replace_file(
                os, self._folder / KEYS, json.dumps({"v": _VERSION, "keys": listed}, indent=1).encode() + b"\n"
            )
        except OSError as fault:
            message = f"{self._folder / KEYS}: cannot be written ({fault}); mend the device or its permissions"
            raise UnavailableError(message) from fault
        self._keys = keys

    def _use(self, key: TokenKey) -> None:
        """Sign with `key` from now on."""
        if self._signing is not None and self._signing[0] == key.kid:
            return
        path = self._seed(key.generation)
        private = Ed25519PrivateKey.from_private_bytes(secret(path, create=False))
        if private.public_key().public_bytes_raw() != key.public:
            message = f"{path}: is not the key {key.kid} that {KEYS} names; restore it from where keys are kept"
            raise UnavailableError(message)
        self._signing = key.kid, private

    def _forget(self, signing: int) -> None:
        """Delete the seeds of keys that sign no more."""
        seeds = self._folder.glob("*.ed25519")
        past = [path for path in seeds if path.stem.isdecimal() and int(path.stem) < signing]
        for path in past:
            path.unlink(missing_ok=True)
        if past:
            sync_folder(os, self._folder)

    def _seed(self, generation: int) -> Path:
        return self._folder / f"{generation}.ed25519"


def _listed(folder: Path) -> tuple[TokenKey, ...]:
    """Return the keys that the list in `folder` names; none where there never was a list."""
    path = folder / KEYS
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _keys(json.loads(path.read_bytes()))
    except FileNotFoundError as missing:
        if any(path.name != "1.ed25519" for path in folder.glob("*.ed25519")):
            message = f"{path}: is missing; restore the folder from where keys are kept, or delete it to begin anew"
            raise UnavailableError(message) from missing
        return ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        message = f"{path}: is no list of keys ({fault}); restore the folder of keys from where keys are kept"
        raise UnavailableError(message) from fault


def _keys(members: dict[str, Any]) -> tuple[TokenKey, ...]:
    if members["v"] != _VERSION or not members["keys"]:
        message = f"version {members['v']} is not known, or it names none"
        raise ValueError(message)
    return tuple(map(_key, members["keys"]))


def _key(members: dict[str, Any]) -> TokenKey:
    begins = datetime.fromisoformat(members["begins"]).astimezone(UTC)
    return TokenKey(int(members["generation"]), urlsafe_b64decode(members["x"] + "="), begins)


def _spelled(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
