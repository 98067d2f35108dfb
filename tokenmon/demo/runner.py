"""The demo from beginning to end: a throwaway home, the sample provider, the real proxy, the calls, the check."""

import asyncio
import contextlib
import os
import random
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tokenmon.config import load_settings
from tokenmon.core.period import Period
from tokenmon.core.platform import ClientKey, Platform, PlatformQuota
from tokenmon.core.price_rule import PriceOverride
from tokenmon.core.query import Filter, Totals
from tokenmon.core.record import UsageRecord, from_milliseconds, milliseconds, random_id
from tokenmon.core.usage import TokenUsage
from tokenmon.credentials import hash_client_key, new_client_key
from tokenmon.demo.provider import PROVIDER_KEY, SEED, SampleProvider
from tokenmon.demo.traffic import Tally, send_call, send_calls
from tokenmon.errors import TokenmonError
from tokenmon.launch import background_loop
from tokenmon.server import ProxyServer
from tokenmon.session import Session, open_session

STORE_SECONDS = 20.0
TRICKLE_SECONDS = 0.4
HISTORY_DAYS = 20
HISTORY_CALLS = 400
# What the demo's own platforms are: provider, path of the sample provider, own prices, quota.
PLATFORMS: tuple[tuple[str, str, str, PriceOverride, PlatformQuota | None], ...] = (
    ("openai", "openai", "/v1", PriceOverride(), None),
    ("anthropic", "anthropic", "", PriceOverride(), PlatformQuota(Decimal(4), "usd", 80)),
    ("azure", "azure", "", PriceOverride(), None),
    ("gemini", "gemini", "", PriceOverride(), PlatformQuota(Decimal(5_000_000), "tokens", 80)),
    ("local", "openai-compatible", "/v1", PriceOverride(Decimal("0.2"), Decimal("0.8")), None),
)
PAST = (
    ("openai", "gpt-5-mini"),
    ("openai", "gpt-4o"),
    ("anthropic", "claude-sonnet-4-5"),
    ("gemini", "gemini-2.5-pro"),
)


@dataclass(frozen=True, slots=True)
class DemoResult:
    """How the demo went: calls sent through the proxy, records of them, and how long that took."""

    calls: int
    records: int
    seconds: float


def run_demo(
    *, calls: int = 300, on_progress: Callable[[int, int], None], show: Callable[[Session], None]
) -> DemoResult:
    """Run the demo in a throwaway home and call `show` with a session over its data while calls trickle on.

    Raises TokenmonError when the records do not equal what the sample provider stated. The home is gone afterwards,
    whatever happened; the caller's own home, keyring and settings are never touched.
    """
    started = time.perf_counter()
    with _throwaway_home(), open_session(settings=load_settings()) as session, background_loop() as run:
        key = _set_up_keys(session)
        _store_history(session)
        provider = SampleProvider()
        run(provider.start()).result()
        _add_platforms(session, provider.port)
        server = ProxyServer(session.settings, host="127.0.0.1", port=0)
        port = run(server.start()).result()
        try:
            tally = run(send_calls(port, key, calls, on_progress)).result()
            _wait_for_records(session, server, tally.calls)
            _check(session, provider, tally)
            result = DemoResult(tally.calls, _proxied(session).requests, time.perf_counter() - started)
            with _trickle(run, port, key, calls):
                show(session)
        finally:
            run(server.stop()).result()
            run(provider.close()).result()
    return result


@contextlib.contextmanager
def _throwaway_home() -> Iterator[None]:
    """A home of its own for this process; variables that name the user's database, vault or network are taken away."""
    # Named proxies would be asked for loopback addresses.
    hidden = [name for name in os.environ if name.startswith("TOKENMON_") or name.lower().endswith("_proxy")]
    before = {name: os.environ.pop(name) for name in hidden}
    with tempfile.TemporaryDirectory(prefix="tokenmon-demo-") as home:
        # The passphrase is the vault's holder of first choice: the user's keyring is not even asked.
        own = {"TOKENMON_HOME": home, "TOKENMON_PASSPHRASE": uuid.uuid4().hex}
        if "TOKENMON_TIMEZONE" in before:
            own["TOKENMON_TIMEZONE"] = before["TOKENMON_TIMEZONE"]
        os.environ.update(own)
        folder = os.getcwd()
        try:
            # A project's settings of the folder where the user stands are not the demo's.
            os.chdir(home)
            yield
        finally:
            os.chdir(folder)
            for name in own:
                os.environ.pop(name, None)
            os.environ.update(before)


def _set_up_keys(session: Session) -> str:
    token = new_client_key()
    session.store.add_client_key(ClientKey("demo", "member", hash_client_key(token), token[-4:], session.now()))
    return token


def _add_platforms(session: Session, port: int) -> None:
    for name, provider_name, path, prices, quota in PLATFORMS:
        number = uuid.uuid4().hex
        session.store.add_platform(
            Platform(
                id=number,
                name=name,
                provider_name=provider_name,
                created_at=session.now(),
                base_url=f"http://127.0.0.1:{port}{path}",
                sealed_key=session.vault.seal(number, PROVIDER_KEY),
                key_hint=PROVIDER_KEY[-4:],
                prices=prices,
                quota=quota,
            )
        )


def _store_history(session: Session) -> None:
    """Calls of the last days, so that charts and the month have something to show."""
    draw = random.Random(SEED)  # noqa: S311  (sample data)
    now = session.now()
    records = []
    for _ in range(HISTORY_CALLS):
        at = from_milliseconds(milliseconds(now - timedelta(seconds=draw.randint(600, HISTORY_DAYS * 86400))))
        platform, model = draw.choice(PAST)
        size = draw.randint(500, 8000)
        usage = TokenUsage(size, draw.randint(50, 1500), cache_read_input_tokens=draw.randint(0, size // 2))
        records.append(
            UsageRecord(
                random_id(at), at, platform, platform, "chat", "report", request_model=model, response_model=model,
                project="history", status=200, usage=usage, usage_source="reported", latency_ms=draw.randint(300, 9000),
            )
        )  # fmt: skip
    session.recorder().record(records)


def _proxied_filter() -> Filter:
    return Filter(Period(None, None), sources=("proxy",))


def _proxied(session: Session) -> Totals:
    return session.store.totals(_proxied_filter())


def _wait_for_records(session: Session, server: ProxyServer, wanted: int) -> None:
    ends_at = time.monotonic() + STORE_SECONDS
    while _proxied(session).requests < wanted:
        if time.monotonic() > ends_at:
            raise TokenmonError(f"only {_proxied(session).requests} of {wanted} calls were recorded in time")
        server.wait_until_stored(0.5)
        time.sleep(0.01)


def _check(session: Session, provider: SampleProvider, tally: Tally) -> None:
    """The records of whole answers must equal the provider's own ledger, to the token."""
    whole = [one for one in session.store.iter_records(_proxied_filter()) if one.usage_source == "provider"]
    recorded = (
        len(whole),
        sum(one.usage.input_tokens for one in whole if one.usage is not None),
        sum(one.usage.output_tokens for one in whole if one.usage is not None),
    )
    stated = (provider.answered, provider.input_tokens, provider.output_tokens)
    # An answer that its caller left may have been sent whole before the provider noticed.
    if tally.abandoned == 0 and recorded != stated:
        raise TokenmonError(f"the records {recorded} differ from what the sample provider stated {stated}")
    if recorded[0] < tally.whole or any(mine > theirs for mine, theirs in zip(recorded, stated, strict=True)):
        raise TokenmonError(f"the records {recorded} differ from what the sample provider stated {stated}")


@contextlib.contextmanager
def _trickle(run: "Callable[..., Future[Tally]]", port: int, key: str, first: int) -> Iterator[None]:
    """A call now and then, for a dashboard that lives."""
    stopping = threading.Event()

    def send() -> None:
        number = first
        while not stopping.wait(TRICKLE_SECONDS):
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                run(_one(port, key, number)).result()
            number += 1

    thread = threading.Thread(target=send, name="trickle", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


async def _one(port: int, key: str, number: int) -> Tally:
    tally = Tally()
    await send_call(port, key, number, tally)
    return tally
