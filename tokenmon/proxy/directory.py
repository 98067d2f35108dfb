"""The proxy's view of platforms and client keys, kept fresh while other processes change them.

A change (a new platform, a revoked key) counts from about a tenth of a second after it was made: the store's settings
version is asked that often while requests come. They do not wait for the look, unless the last one is older still.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tokenmon.core.platform import ClientKey, Platform
from tokenmon.errors import TokenmonError
from tokenmon.providers.provider import AuthScheme
from tokenmon.providers.registry import PROVIDERS, Provider, provider
from tokenmon.proxy.aws_signature import AwsCredentials, aws_credentials
from tokenmon.proxy.origin import Origin, origin_of

logger = logging.getLogger("tokenmon.proxy")

FRESH_SECONDS = 0.1
USABLE_SECONDS = 0.25
# A database that hangs must not hold up calls: what is known stays valid meanwhile.
REFRESH_TIMEOUT_SECONDS = 2.0


NOWHERE = Origin("http", "invalid", 80)


@dataclass(frozen=True, slots=True)
class Target:
    """A platform made ready for forwarding: where to, and the header that carries its stored key."""

    platform: Platform
    provider: Provider
    origin: Origin
    base_url: str
    host_line: bytes
    credential: tuple[bytes, bytes] | None = field(repr=False)
    # AWS credentials sign each call and are no header.
    aws: AwsCredentials | None = None
    # The same key as the provider's OpenAI-compatible endpoints take it, where that differs.
    openai_credential: tuple[bytes, bytes] | None = field(default=None, repr=False)
    # Why calls cannot be forwarded (a bad base URL, a key that cannot be unsealed), or None.
    problem: str | None = None

    @property
    def stores_key(self) -> bool:
        """Whether calls go on with a key of tokenmon's."""
        return self.credential is not None or self.aws is not None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Platforms by name and client keys by digest, as of one settings version."""

    version: int
    targets: Mapping[str, Target]
    client_keys: Mapping[bytes, ClientKey]

    def client_key(self, token: bytes) -> ClientKey | None:
        """The client key that a token is, revoked or not; None when tokenmon never handed it out."""
        return self.client_keys.get(hashlib.sha256(token).digest())

    def allows(self, target: Target, client_key: str | None) -> bool:
        """Whether what was admitted earlier still would be: the same place and key, the client key not revoked."""
        now = self.targets.get(target.platform.name)
        if now is None or (now.base_url, now.credential, now.aws) != (target.base_url, target.credential, target.aws):
            return False
        if client_key is None:
            return True
        return any(one.name == client_key and one.revoked_at is None for one in self.client_keys.values())


class SettingsStore(Protocol):
    """The part of the store that the directory reads."""

    def settings_version(self) -> int:
        """A number that changes with every change of platforms and client keys."""

    def platforms(self) -> list[Platform]:
        """All platforms."""

    def client_keys(self) -> list[ClientKey]:
        """All client keys, revoked ones too."""


def credential_header(auth: AuthScheme, key: str) -> tuple[bytes, bytes]:
    """The header that carries a provider key in a scheme."""
    if auth == "bearer":
        return b"authorization", b"Bearer " + key.encode("latin-1")
    return auth.encode("ascii"), key.encode("latin-1")


def target_of(platform: Platform, unseal: Callable[[Platform], str | None]) -> Target:
    """Make a platform ready; trouble with it becomes the target's `problem`, told to each caller."""
    spoken = PROVIDERS.get(platform.provider_name)
    if spoken is None:
        # Another program's newer tokenmon added it to a shared database.
        problem = f"this tokenmon does not know the provider {platform.provider_name[:60]!r}"
        return Target(platform, provider("openai-compatible"), NOWHERE, "", b"", None, problem=problem)
    base_url = platform.base_url or spoken.default_base_url or ""
    try:
        origin, _ = origin_of(base_url)
        key = unseal(platform)
        aws = aws_credentials(key, origin.host) if key and spoken.name == "bedrock" else None
        credential = credential_header(spoken.auth, key) if key and aws is None else None
        for_openai = credential_header(spoken.openai_auth, key) if key and spoken.openai_auth else None
    except TokenmonError as error:
        return Target(platform, spoken, NOWHERE, base_url, b"", None, problem=error.message)
    host_line = b"host: " + origin.authority.encode() + b"\r\n"
    return Target(platform, spoken, origin, base_url, host_line, credential, aws, for_openai)


class Directory:
    """Platforms and client keys for admission; `current` may be used from the event loop at any time."""

    def __init__(self, open_store: Callable[[], SettingsStore], unseal: Callable[[Platform], str | None]) -> None:
        self._open_store = open_store
        self._unseal = unseal
        self._snapshot = Snapshot(-1, {}, {})
        self._checked_at = float("-inf")
        self._looking: asyncio.Future[None] | None = None
        # The last look took too long: nobody waits for the next one.
        self._hangs = False

    def load(self) -> None:
        """Read everything now, in the calling thread."""
        store = self._open_store()
        version = store.settings_version()
        if version == self._snapshot.version:
            return
        targets = {platform.name: target_of(platform, self._unseal) for platform in store.platforms()}
        keys = {key.digest: key for key in store.client_keys()}
        self._snapshot = Snapshot(version, targets, keys)

    def is_usable(self, now: float) -> bool:
        """Whether what was last read may be used now (the loop's time); starts the next look when one is due."""
        age = now - self._checked_at
        if age < FRESH_SECONDS:
            return True
        self._look()
        return age < USABLE_SECONDS or self._hangs

    @property
    def snapshot(self) -> Snapshot:
        """What was last read."""
        return self._snapshot

    async def until_usable(self) -> None:
        """Wait until what was read may be used; concurrent callers share one look, off the event loop."""
        loop = asyncio.get_running_loop()
        if self.is_usable(loop.time()):
            return
        try:
            async with asyncio.timeout(REFRESH_TIMEOUT_SECONDS):
                await asyncio.shield(self._look())
        except TimeoutError:
            logger.warning("the database does not answer: platforms and keys stay as last read")
            self._hangs = True

    def _look(self) -> asyncio.Future[None]:
        if self._looking is None:
            loop = asyncio.get_running_loop()
            began = loop.time()
            self._looking = loop.run_in_executor(None, self._load_quietly)
            self._looking.add_done_callback(lambda _: self._looked(loop.time(), loop.time() - began))
        return self._looking

    def _looked(self, now: float, took_seconds: float) -> None:
        self._checked_at = now
        self._looking = None
        self._hangs = took_seconds > USABLE_SECONDS

    def _load_quietly(self) -> None:
        try:
            self.load()
        except TokenmonError as error:
            logger.warning("platforms and keys stay as last read: %s", error.message)
