"""The demo from beginning to end: a throwaway home, the sample provider, the real proxy, the calls, the check."""

import asyncio
import contextlib
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from decimal import Decimal

from tokenmon.config import NO_PROJECT, load_settings
from tokenmon.core.period import Period
from tokenmon.core.platform import ClientKey, Platform, PlatformQuota
from tokenmon.core.price_rule import PriceOverride
from tokenmon.core.query import Filter, Totals
from tokenmon.core.record import Billing
from tokenmon.core.settings import Settings
from tokenmon.credentials import hash_client_key, new_client_key
from tokenmon.demo.history import official_limits, past_calls
from tokenmon.demo.provider import PROVIDER_KEY, SEED, SampleProvider
from tokenmon.demo.traffic import Tally, send_call, send_calls
from tokenmon.errors import TokenmonError
from tokenmon.launch import background_loop
from tokenmon.server import ProxyServer
from tokenmon.session import Session, open_session

STORE_SECONDS = 20.0
TRICKLE_SECONDS = 0.4
# The client key of the calls that the demo makes now; those of its past had another.
DEMO_KEY = "demo"
SUBSCRIPTION = "claude-max"
# What the demo's own platforms are: provider, path of the sample provider, own prices, quota.
PLATFORMS: tuple[tuple[str, str, str, PriceOverride, PlatformQuota | None], ...] = (
    ("openai", "openai", "/v1", PriceOverride(), PlatformQuota(Decimal(20), "usd", 80)),
    ("anthropic", "anthropic", "", PriceOverride(), PlatformQuota(Decimal(30), "usd", 80)),
    ("azure", "azure", "", PriceOverride(), None),
    ("gemini", "gemini", "", PriceOverride(), PlatformQuota(Decimal(8_000_000), "tokens", 80)),
    ("local", "openai-compatible", "/v1", PriceOverride(Decimal("0.2"), Decimal("0.8")), None),
    (SUBSCRIPTION, "anthropic", "", PriceOverride(), None),
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
    with _throwaway_home() as settings, open_session(settings=settings) as session, background_loop() as run:
        key = _set_up_keys(session)
        provider = SampleProvider()
        run(provider.start()).result()
        _add_platforms(session, provider.port)
        # After the platforms, some of which have prices of their own.
        _store_past(session)
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
def _throwaway_home() -> Iterator[Settings]:
    """A home of its own for this process, and its settings; variables that name the user's database, vault or network
    are taken away."""
    # Named proxies would be asked for loopback addresses.
    hidden = [name for name in os.environ if name.startswith("TOKENMON_") or name.lower().endswith("_proxy")]
    before = {name: os.environ.pop(name) for name in hidden}
    with tempfile.TemporaryDirectory(prefix="tokenmon-demo-") as home:
        # The passphrase is the vault's holder of first choice: the user's keyring is not even asked.
        # The settings of the project in whose folder the user stands are not the demo's, nor those of the pages that it
        # serves; the folder itself is where pictures and exports go.
        own = {"TOKENMON_HOME": home, "TOKENMON_PASSPHRASE": uuid.uuid4().hex, NO_PROJECT: "1"}
        if "TOKENMON_TIMEZONE" in before:
            own["TOKENMON_TIMEZONE"] = before["TOKENMON_TIMEZONE"]
        os.environ.update(own)
        try:
            yield load_settings()
        finally:
            for name in own:
                os.environ.pop(name, None)
            os.environ.update(before)


def _set_up_keys(session: Session) -> str:
    token = new_client_key()
    session.store.add_client_key(ClientKey(DEMO_KEY, "member", hash_client_key(token), token[-4:], session.now()))
    return token


def _add_platforms(session: Session, port: int) -> None:
    for name, provider_name, path, prices, quota in PLATFORMS:
        billing: Billing = "subscription" if name == SUBSCRIPTION else "metered"
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
                billing=billing,
            )
        )


def _store_past(session: Session) -> None:
    """Calls of the last months, so that every screen has something to show, and what plans' providers say."""
    now = session.now()
    session.recorder().record(list(past_calls(now, seed=SEED)))
    session.store.save_official_limits(official_limits(now, session.settings.machine))


def _proxied_filter() -> Filter:
    return Filter(Period(None, None), keys=(DEMO_KEY,))


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
