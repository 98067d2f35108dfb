"""What the overview reads: with another filter, with more models than it shows, and at a past moment."""

from datetime import timedelta
from decimal import Decimal

from tests.tui.sample import NOW, call
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.overview_texts import model_lines
from tokenmon.tui.snapshot import TOP_MODELS, read_snapshot
from tokenmon.tui.texts import plain


def test_minutes_of_another_filter_are_read_again(session: Session) -> None:
    session.store.add([call(10, project="web"), call(11, project="api")])
    asking = Asking(session.store, session.settings, NOW)
    narrowed = Asking(session.store, session.settings, NOW, conditions=parse_filter("project:web"))

    found = read_snapshot(narrowed, read_snapshot(asking))

    assert found.minutes == read_snapshot(narrowed).minutes
    assert sum(one.requests for one in found.minutes) == 1


def test_a_models_share_is_of_all_that_was_spent_not_of_the_models_shown(session: Session) -> None:
    session.store.add([
        call(number, request_model=f"model-{number:02}", cost=Decimal(1)) for number in range(2 * TOP_MODELS)
    ])  # fmt: skip
    found = read_snapshot(Asking(session.store, session.settings, NOW))

    first, *_, last = (plain(line) for line in model_lines(found, 60, most=5))

    assert first.endswith("4.2 %")
    assert last == "and 20 more, 3 shows them"


def test_a_model_whose_calls_all_failed_is_not_called_unpriced(session: Session) -> None:
    session.store.add([call(1, usage=None, usage_source="none", cost=None, cost_source="unpriced", status=500)])
    found = read_snapshot(Asking(session.store, session.settings, NOW))

    (line,) = model_lines(found, 60, most=5)

    assert plain(line).split() == ["gpt-4o", "-"]


def test_a_replay_tells_nothing_that_was_said_or_called_after_its_moment(session: Session) -> None:
    session.store.save_official_limits([
        OfficialLimit("openai", "codex", "", "weekly", 10080, Decimal(12), NOW + timedelta(days=3), NOW)
    ])  # fmt: skip
    session.store.add([call(0)])
    at = NOW - timedelta(seconds=60)

    found = read_snapshot(Asking(session.store, session.settings, at, is_replay=True))

    assert found.official == ()
    assert not sum(one.requests for one in found.minutes)
