"""The vault: provider keys sealed with AES-256-GCM, and the key that seals them.

A sealed key is bound to its platform's id and sealed with a fresh nonce each time. The data key is held by the OS
keyring; without a usable one by a key file (mode 0600), or derived from `TOKENMON_PASSPHRASE` by scrypt. Which one a
database uses is noted in it when the first key is sealed, so that a changed surrounding is an error and not a new key.
"""

import base64
import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from tokenmon import paths
from tokenmon.core.platform import CLIENT_KEY_PREFIX, VAULT_FACT, Platform, Seal
from tokenmon.errors import ConfigError, TokenmonError

Holder = Literal["keyring", "file", "passphrase"]

PASSPHRASE = "TOKENMON_PASSPHRASE"  # noqa: S105  (the variable's name)
RESTORE = "restore a backup made by: tokenmon db backup"
KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"
SERVICE = "tokenmon"
# RFC 7914's interactive parameters, times 8: about 0.2 s and 64 MB, once a command.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**16, 8, 1
HOLDER_WORDS: Mapping[Holder, str] = {
    "keyring": "the system's keyring",
    "file": "a key file that only you can read",
    "passphrase": f"a passphrase in {PASSPHRASE}",
}


def new_client_key() -> str:
    """A new client key: `tm-` and 256 random bits."""
    return CLIENT_KEY_PREFIX + secrets.token_urlsafe(32)


def hash_client_key(token: str) -> bytes:
    """What is kept of a client key. It is random and long, so a plain SHA-256 cannot be searched."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class VaultStore(Protocol):
    """The part of the store that the vault needs."""

    def get_meta(self, key: str) -> str | None:
        """A fact by name."""

    def platforms(self) -> list[Platform]:
        """All platforms."""

    def claim_meta(self, key: str, value: str) -> str:
        """Set a fact unless it is set; its value then."""

    def reseal(self, change: Callable[[str | None, Mapping[str, bytes]], tuple[Mapping[str, bytes], str]]) -> None:
        """Exchange the sealed keys and the vault's description for what `change` makes of them, in one transaction."""


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """Where the data key is: `holder` is None before the first key was sealed, `place` says it in words."""

    holder: Holder | None
    place: str
    sealed_keys: int
    problem: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the database knows of its data key: who holds it, under which name, and how a passphrase is stretched."""

    holder: Holder
    name: str
    salt: str

    @classmethod
    def read(cls, text: str | None) -> "_Facts | None":
        if text is None:
            return None
        try:
            content = json.loads(text)
            return cls(content["holder"], str(content["name"]), str(content["salt"]))
        except (ValueError, KeyError, TypeError):
            raise TokenmonError("the vault's description in the database is damaged", hint=RESTORE) from None

    def text(self) -> str:
        return json.dumps({"holder": self.holder, "name": self.name, "salt": self.salt})


class Vault:
    """Seals and unseals provider keys for one database; the data key is fetched when first needed."""

    def __init__(self, store: VaultStore) -> None:
        self._store = store
        self._key: tuple[str, bytes] | None = None
        self._is_proven = False

    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, platform_id: str, secret: str) -> bytes:
        """The sealed form of a provider key; only `unseal` with the same platform id opens it."""
        return _sealed(self._key_in_force(), platform_id, secret)

    def sealing(self, platform_id: str, secret: str) -> Seal:
        """What seals a provider key within the transaction that stores it, so that no rotation comes between."""
        # Begun and fetched here, so that the transaction need not wait for it.
        self._key_in_force()

        def seal(description: str | None) -> bytes:
            return _sealed(self._data_key(_known(_Facts.read(description))), platform_id, secret)

        return seal

    def unseal(self, platform_id: str, sealed: bytes) -> str:
        """The provider key of a sealed form; ConfigError when it cannot be opened."""
        _known(_Facts.read(self._store.get_meta(VAULT_FACT)))
        return _unsealed(self._key_in_force(), platform_id, sealed)

    def rotate(self) -> tuple[int, Holder]:
        """Seal every key anew under a new data key, all or nothing; how many, and who holds the new key.

        The new key is held by what is usable now, so this is also the way from a key file to a passphrase or back.
        """
        old = _Facts.read(self._store.get_meta(VAULT_FACT))
        if old is not None:
            # Fetched here, so that the transaction need not wait for it.
            self._key_in_force()
        new, key = _create_key()
        count = 0

        def change(description: str | None, sealed: Mapping[str, bytes]) -> tuple[Mapping[str, bytes], str]:
            nonlocal old, count
            old, count = _Facts.read(description), len(sealed)
            opened = {one: _unsealed(self._data_key(_known(old)), one, blob) for one, blob in sealed.items()}
            return {one: _sealed(key, one, secret) for one, secret in opened.items()}, new.text()

        try:
            self._store.reseal(change)
        except BaseException:
            _forget_key(new)
            raise
        self._key = (new.name, key)
        if old is not None:
            _forget_key(old)
        return count, new.holder

    def status(self) -> VaultStatus:
        """Where the data key is held, and whether it can be reached; never raises for a key that is gone."""
        facts = _Facts.read(self._store.get_meta(VAULT_FACT))
        count = sum(one.sealed_key is not None for one in self._store.platforms())
        if facts is None:
            return VaultStatus(None, f"no key is sealed yet; the next one would use {HOLDER_WORDS[usable_holder()]}", 0)
        place = HOLDER_WORDS[facts.holder]
        if facts.holder == "file":
            place += f": {_file_of(facts)}"
        try:
            self._data_key(facts)
        except TokenmonError as error:
            return VaultStatus(facts.holder, place, count, error.message, error.hint)
        return VaultStatus(facts.holder, place, count)

    def _begin(self) -> _Facts:
        facts, key = _create_key()
        held = _known(_Facts.read(self._store.claim_meta(VAULT_FACT, facts.text())))
        if held.name != facts.name:
            # Another process sealed the first key in the meantime.
            _forget_key(facts)
            return held
        self._key = (facts.name, key)
        return facts

    def _key_in_force(self) -> bytes:
        """The data key of now; a rotation may take one away between its name being read and its being fetched."""
        while True:
            facts = _Facts.read(self._store.get_meta(VAULT_FACT)) or self._begin()
            try:
                return self._data_key(facts)
            except ConfigError:
                now = _Facts.read(self._store.get_meta(VAULT_FACT))
                if now is None or now.name == facts.name:
                    raise

    def _data_key(self, facts: _Facts) -> bytes:
        if self._key is None or self._key[0] != facts.name:
            self._key = (facts.name, _fetch_key(facts))
            # Any passphrase gives a key; that it is the right one only what it sealed can tell.
            self._is_proven = facts.holder != "passphrase"
        if not self._is_proven:
            _check_passphrase(self._key[1], self._store.platforms())
            self._is_proven = True
        return self._key[1]


def _check_passphrase(key: bytes, platforms: Sequence[Platform]) -> None:
    sealed = [(one.id, one.sealed_key) for one in platforms if one.sealed_key is not None]
    if sealed and not any(_opens(key, *one) for one in sealed):
        raise ConfigError(
            f"the passphrase in {PASSPHRASE} is wrong: it opens none of the stored keys",
            hint=f"export {PASSPHRASE}=... as it was; if it is lost: tokenmon platform edit NAME --no-key, for each",
        )


def _opens(key: bytes, platform_id: str, sealed: bytes) -> bool:
    try:
        _unsealed(key, platform_id, sealed)
    except ConfigError:
        return False
    return True


def _known(facts: _Facts | None) -> _Facts:
    if facts is None:
        raise ConfigError("the vault's key is not known to this database", hint="store the platform's key again")
    return facts


def _sealed(key: bytes, platform_id: str, secret: str) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, secret.encode(), platform_id.encode())


def _unsealed(key: bytes, platform_id: str, sealed: bytes) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        if sealed[:1] != VERSION:
            raise ValueError
        return AESGCM(key).decrypt(nonce, rest, platform_id.encode()).decode()
    except (InvalidTag, ValueError):
        raise ConfigError(
            "a stored key cannot be opened: it was sealed under another key or altered",
            hint="store it again: tokenmon platform edit NAME --key-stdin",
        ) from None


def usable_holder() -> Holder:
    """Who would hold a new data key here: a passphrase if one is set, else the keyring if it works, else a file."""
    if os.environ.get(PASSPHRASE):
        return "passphrase"
    return "keyring" if _keyring_works() else "file"


def _keyring_works() -> bool:
    import keyring
    from keyring.backends import fail

    backend = keyring.get_keyring()
    # A keyring in plain text, or none at all, is no keyring; the key file is at least bound to its owner.
    return not isinstance(backend, fail.Keyring) and backend.priority >= 1


def _create_key() -> tuple[_Facts, bytes]:
    holder = usable_holder()
    facts = _Facts(holder, "data-key-" + secrets.token_hex(6), base64.b64encode(os.urandom(16)).decode())
    if holder == "passphrase":
        return facts, _stretched(facts)
    key = os.urandom(KEY_BYTES)
    if holder == "keyring":
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(SERVICE, facts.name, base64.b64encode(key).decode())
            if keyring.get_password(SERVICE, facts.name) == base64.b64encode(key).decode():
                return facts, key
        except (KeyringError, OSError, RuntimeError):
            # A locked or half-installed keyring is told only by using it.
            pass
        facts = _Facts("file", facts.name, facts.salt)
    _write_key_file(_file_of(facts), key)
    return facts, key


def _fetch_key(facts: _Facts) -> bytes:
    match facts.holder:
        case "passphrase":
            return _stretched(facts)
        case "keyring":
            return _from_keyring(facts)
        case "file":
            return _from_file(_file_of(facts))
        case _:
            raise TokenmonError("the vault's description in the database is damaged", hint=RESTORE)


def _stretched(facts: _Facts) -> bytes:
    passphrase = os.environ.get(PASSPHRASE)
    if not passphrase:
        raise ConfigError("the vault is sealed under a passphrase that is not set", hint=f"export {PASSPHRASE}=...")
    return hashlib.scrypt(
        passphrase.encode("utf-8", "surrogateescape"),
        salt=base64.b64decode(facts.salt),
        n=SCRYPT_N,
        r=SCRYPT_R,
        p=SCRYPT_P,
        maxmem=256 * 1024 * 1024,
        dklen=KEY_BYTES,
    )


def _from_keyring(facts: _Facts) -> bytes:
    import keyring
    from keyring.errors import KeyringError

    try:
        stored = keyring.get_password(SERVICE, facts.name)
    except (KeyringError, OSError, RuntimeError):
        stored = None
    if stored is None:
        raise ConfigError(
            "the vault's key is not in the system's keyring",
            hint="unlock the keyring, or store the keys again: tokenmon platform edit NAME --key-stdin",
        )
    return base64.b64decode(stored)


def _file_of(facts: _Facts) -> Path:
    return paths.key_file().with_name(f"{facts.name}.key")


def _write_key_file(path: Path, key: bytes) -> None:
    try:
        paths.make_private(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        reason = (error.strerror or "no access").lower()
        raise ConfigError(f"the key file {path} cannot be written: {reason}", hint="make the folder writable") from None


def _from_file(path: Path) -> bytes:
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ConfigError(f"the key file {path} can be read by others", hint=f"chmod 600 {path}")
        key = base64.b64decode(path.read_bytes())
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(
            f"the vault's key file {path} is missing or damaged",
            hint="restore it from a backup, or store the keys again: tokenmon platform edit NAME --key-stdin",
        )
    return key


def _forget_key(facts: _Facts) -> None:
    """Remove a data key that seals nothing any more."""
    if facts.holder == "file":
        _file_of(facts).unlink(missing_ok=True)
    elif facts.holder == "keyring":
        import keyring
        from keyring.errors import KeyringError

        with contextlib.suppress(KeyringError, OSError, RuntimeError):
            keyring.delete_password(SERVICE, facts.name)
