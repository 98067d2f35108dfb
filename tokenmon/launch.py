"""Running a command through the proxy: its variables, a client key for its time, and a proxy if none runs."""

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from tokenmon.core.platform import ClientKey, Platform
from tokenmon.credentials import hash_client_key, new_client_key
from tokenmon.errors import ConfigError, TokenmonError
from tokenmon.providers.registry import PROVIDERS
from tokenmon.proxy.probe import proxy_answers
from tokenmon.session import Session

# What the official SDKs read: base URL (with what they append themselves left out) and key. Providers without an SDK
# of their own here are called by OpenAI's.
VARIABLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "openai": (("OPENAI_BASE_URL", "/v1"),),
    "anthropic": (("ANTHROPIC_BASE_URL", ""),),
    "azure": (("AZURE_OPENAI_ENDPOINT", ""),),
    "gemini": (("GOOGLE_GEMINI_BASE_URL", ""), ("GEMINI_NEXT_GEN_API_BASE_URL", "")),
}
KEY_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "azure": ("AZURE_OPENAI_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
}
START_SECONDS = 30.0

Result = TypeVar("Result")


def run_command(session: Session, command: Sequence[str], *, platform: str | None = None) -> int:
    """Run a command to its end and return its exit code (negative for a signal).

    It gets the SDKs' base-URL variables, and a client key made for it and revoked afterwards wherever the platform
    stores a key; otherwise its own provider keys stay. Uses the running proxy, else runs one meanwhile.
    """
    chosen = chosen_platforms(session.store.platforms(), platform)
    with _proxy_url(session) as url, _client_key(session, command[0], chosen) as token:
        variables = {**os.environ, **proxy_variables(url, chosen, token)}
        try:
            process = subprocess.Popen(list(command), env=variables)  # noqa: S603  (running it is the purpose)
        except OSError as error:
            reason = (error.strerror or "failed").lower()
            raise TokenmonError(f"cannot run {command[0]}: {reason}", hint="tokenmon run -- COMMAND ...") from None
        return _wait(process)


def chosen_platforms(platforms: Sequence[Platform], name: str | None) -> dict[str, Platform]:
    """The platform for each provider: the named one alone, else the one named like its provider, else the first.

    OpenAI's SDK has room for one: OpenAI itself comes before all that copy its format.
    """
    if name is not None:
        wanted = [one for one in platforms if one.name == name]
        if not wanted:
            raise ConfigError(f"there is no platform {name[:63]!r}", hint="tokenmon platform list")
        return {wanted[0].provider_name: wanted[0]}
    chosen: dict[str, Platform] = {}
    for provider_name in PROVIDERS:
        own = [one for one in platforms if one.provider_name == provider_name]
        is_taken = provider_name not in VARIABLES and any(uses_openai_sdk(one) for one in chosen)
        if own and not is_taken:
            chosen[provider_name] = next((one for one in own if one.name == provider_name), own[0])
    if not chosen:
        raise ConfigError("there are no platforms yet", hint="tokenmon platform add openai --provider openai")
    return chosen


def proxy_variables(url: str, chosen: Mapping[str, Platform], token: str | None) -> dict[str, str]:
    """The variables that point the SDKs at the proxy."""
    variables: dict[str, str] = {}
    for provider_name, platform in chosen.items():
        for name, suffix in VARIABLES.get(provider_name) or (("OPENAI_BASE_URL", _chat_base(provider_name)),):
            variables[name] = f"{url}/{platform.name}{suffix}"
        if token is not None and platform.has_key:
            variables.update(dict.fromkeys(KEY_VARIABLES.get(provider_name, ("OPENAI_API_KEY",)), token))
    return variables


def uses_openai_sdk(provider_name: str) -> bool:
    """Whether programs reach a provider by OpenAI's SDK."""
    return provider_name == "openai" or provider_name not in VARIABLES


def _chat_base(provider_name: str) -> str:
    return PROVIDERS[provider_name].chat_path.removesuffix("/completions").removesuffix("/chat")


@contextlib.contextmanager
def _client_key(session: Session, command: str, chosen: Mapping[str, Platform]) -> Iterator[str | None]:
    """A client key for the time of a command; None where no platform stores a key."""
    if not any(platform.has_key for platform in chosen.values()):
        yield None
        return
    token = new_client_key()
    stem = "".join(part if part.isalnum() else "-" for part in os.path.basename(command))[:30]
    name = f"run-{stem}-{secrets.token_hex(3)}"
    session.store.add_client_key(ClientKey(name, "member", hash_client_key(token), token[-4:], session.now()))
    try:
        yield token
    finally:
        session.store.revoke_client_key(name, session.now())


@contextlib.contextmanager
def _proxy_url(session: Session) -> Iterator[str]:
    settings = session.settings
    if proxy_answers(settings.proxy_host, settings.proxy_port):
        yield f"http://{settings.proxy_host}:{settings.proxy_port}"
        return
    # Imported late: only needed where no proxy runs.
    from tokenmon.alerts.webhook import SHORT
    from tokenmon.server import ProxyServer

    # Who waits for the command's end does not wait for a webhook.
    server = ProxyServer(settings, host="127.0.0.1", port=0, alert_patience=SHORT)
    with background_loop() as run:
        run(server.start()).result(START_SECONDS)
        try:
            yield server.url
        finally:
            run(server.stop()).result()


@contextlib.contextmanager
def background_loop() -> "Iterator[Callable[[Coroutine[Any, Any, Result]], Future[Result]]]":
    """An event loop in a thread of its own, for the time of the block; call the value to run a coroutine there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="background loop", daemon=True)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        _cancel_rest(loop)
        loop.close()


def _cancel_rest(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks))
    loop.run_until_complete(loop.shutdown_default_executor())


def _wait(process: "subprocess.Popen[bytes]") -> int:
    """Wait for a command; Ctrl-C is its own to answer, and SIGTERM is passed on to it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    terminate = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, terminate)
