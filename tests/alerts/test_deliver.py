"""Delivery: each threshold once, whoever looks, and again when the webhook was down."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.alerts.hook import Hook, running_hook
from tokenmon.alerts.deliver import deliver_after_report, evaluate_and_deliver
from tokenmon.alerts.webhook import LONG
from tokenmon.core.period import Period, month_of
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord, random_id
from tokenmon.core.usage import TokenUsage
from tokenmon.session import Session, open_session

ALL = Filter(Period(None, None))
PAUSES: list[float] = []
NO_SLEEP = replace(LONG, sleep=PAUSES.append)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))
    monkeypatch.setenv("TOKENMON_TIMEZONE", "UTC")
    with open_session() as opened:
        quota = PlatformQuota(Decimal(1000), "tokens", 80)
        opened.store.add_platform(Platform("p1", "work", "openai", datetime(2026, 1, 1, tzinfo=UTC), quota=quota))
        yield opened


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    with running_hook(200) as running:
        yield running


def aim(session: Session, hook: Hook, monkeypatch: pytest.MonkeyPatch, *, allow_private: bool = True) -> Session:
    """Point a session's alerts at a hook."""
    settings = replace(session.settings, alerts_webhook_url=hook.url, alerts_webhook_allow_private=allow_private)
    monkeypatch.setattr(session, "settings", settings)
    return session


def month_start(session: Session) -> datetime:
    """When the quota's period began."""
    start = month_of(session.now(), "UTC").start
    assert start is not None
    return start


def use(session: Session, tokens: int) -> None:
    """Store one call that used so many tokens now."""
    now = session.now()
    record_id = random_id(now)
    usage = TokenUsage(tokens, 0)
    session.store.add([
        UsageRecord(record_id, now, "work", "openai", "chat", "proxy", usage=usage, usage_source="provider")
    ])  # fmt: skip


def test_nothing_is_sent_below_the_threshold(session: Session, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    use(aim(session, hook, monkeypatch), 799)

    assert evaluate_and_deliver(session, patience=NO_SLEEP) == []
    assert hook.bodies == []


def test_each_threshold_is_sent_once(session: Session, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    use(aim(session, hook, monkeypatch), 800)
    first = evaluate_and_deliver(session, patience=NO_SLEEP)
    again = evaluate_and_deliver(session, patience=NO_SLEEP)
    use(session, 200)
    second = evaluate_and_deliver(session, patience=NO_SLEEP)
    use(session, 500)
    last = evaluate_and_deliver(session, patience=NO_SLEEP)

    assert [[alert.threshold for alert in sent] for sent in (first, again, second, last)] == [[80], [], [100], []]
    assert [body["event"] for body in hook.bodies] == ["quota.warning", "quota.exceeded"]
    assert (
        hook.bodies[0]["text"] == "tokenmon: the platform work has used 80 % of its monthly quota: 800 of 1000 tokens"
    )
    assert (hook.bodies[0]["used"], hook.bodies[0]["amount"], hook.bodies[0]["unit"]) == ("800", "1000", "tokens")


def test_a_jump_over_both_thresholds_sends_the_higher_alone(
    session: Session, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(aim(session, hook, monkeypatch), 5000)

    evaluate_and_deliver(session, patience=NO_SLEEP)
    evaluate_and_deliver(session, patience=NO_SLEEP)

    assert [body["threshold"] for body in hook.bodies] == [100]


def test_a_failed_delivery_is_tried_again_after_a_pause(
    session: Session, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(aim(session, hook, monkeypatch), 900)
    now = session.now()
    hook.statuses[:] = [500, 500, 500, 200]

    failed = evaluate_and_deliver(session, patience=NO_SLEEP)
    pausing = evaluate_and_deliver(session, patience=NO_SLEEP)
    tries = len(hook.bodies)
    monkeypatch.setattr(session, "now", lambda: now + timedelta(minutes=6))
    delivered = evaluate_and_deliver(session, patience=NO_SLEEP)

    assert (failed, pausing, tries) == ([], [], 3)
    assert [alert.threshold for alert in delivered] == [80]


def test_a_private_address_is_refused_and_the_alert_not_lost(
    session: Session, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(aim(session, hook, monkeypatch, allow_private=False), 900)

    sent = evaluate_and_deliver(session, patience=NO_SLEEP)

    assert (sent, hook.bodies) == ([], [])
    assert session.store.sent_thresholds("p1", month_start(session)) == set()


def hanging(seconds: float, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A name server that does not answer for so long, or until the event is set."""
    release = threading.Event()

    def hang(*_: object, **__: object) -> object:
        release.wait(seconds)
        raise OSError("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    return release


def test_a_report_waits_for_one_short_try_and_gives_the_claim_back(
    session: Session, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(aim(session, hook, monkeypatch), 900)
    release = hanging(60, monkeypatch)

    began = time.monotonic()
    sent = deliver_after_report(session, {"work"})
    took = time.monotonic() - began
    release.set()

    assert (sent, hook.bodies) == ([], [])
    assert took < 10
    assert session.store.sent_thresholds("p1", month_start(session)) == set()


def test_a_webhook_that_fails_once_is_not_asked_for_the_next_alert(
    session: Session, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    quota = PlatformQuota(Decimal(1), "requests", 80)
    session.store.add_platform(Platform("p2", "other", "openai", datetime(2026, 1, 1, tzinfo=UTC), quota=quota))
    use(aim(session, hook, monkeypatch), 900)
    session.store.add([replace(session.store.records(ALL)[0], id=random_id(session.now()), platform="other")])
    hook.statuses[:] = [400]

    evaluate_and_deliver(session, patience=NO_SLEEP)

    assert len(hook.bodies) == 1
    assert [session.store.sent_thresholds(one, month_start(session)) for one in ("p1", "p2")] == [set(), set()]


def test_without_a_webhook_nothing_is_noted(session: Session) -> None:
    use(session, 5000)

    assert evaluate_and_deliver(session, patience=NO_SLEEP) == []
