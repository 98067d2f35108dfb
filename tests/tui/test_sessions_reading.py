"""What the sessions screen reads: conversations that add up, blocks, and the course of one conversation."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.tui.sample import NOW, call
from tests.tui.spread import call_at, days_ago
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.period import zone
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.block_lines import block_lines
from tokenmon.tui.numbers import DOLLARS
from tokenmon.tui.reading import sessions
from tokenmon.tui.reading.sessions import SLOTS, SessionsSnapshot, read_course, read_sessions
from tokenmon.tui.session_columns import length_text, moment_text, ordered, session_sheet, short_id
from tokenmon.tui.texts import plain

CLAUDE = "11111111-aaaa-4bbb-8ccc-000000000001"


def asking(session: Session, where: str = "") -> Asking:
    return Asking(session.store, session.settings, NOW, parse_filter(where))


def read(session: Session, where: str = "", span: str = "7d") -> SessionsSnapshot:
    return read_sessions(asking(session, where), span=Span(span))


def test_conversations_and_loose_calls_add_up_to_the_totals(talked: Session) -> None:
    found = read(talked)

    assert sum(one.totals.requests for one in found.conversations) + found.loose.requests == found.totals.requests
    assert sum(one.totals.cost for one in found.conversations) + found.loose.cost == found.totals.cost
    assert found.totals == talked.store.totals(asking(talked).span_filter(Span("7d")))


def test_a_conversation_tells_its_times_labels_and_models_the_dearest_first(talked: Session) -> None:
    one = next(one for one in read(talked).conversations if one.id == CLAUDE)

    assert one.length == timedelta(hours=2)
    assert [model for model, _ in one.models] == ["opus", "haiku"]
    assert (one.projects, one.sources, one.platforms, one.machines) == (
        ("web",),
        ("import:claude-code",),
        ("max",),
        ("laptop",),
    )


def test_a_subscriptions_value_is_not_its_cost(talked: Session) -> None:
    one = next(one for one in read(talked).conversations if one.id == CLAUDE)

    assert one.totals.cost == 0
    assert one.totals.subscription_value == Decimal("3.5")


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("last", [CLAUDE, "review"]), ("cost", ["review", CLAUDE]), ("length", [CLAUDE, "review"]),
     ("value", [CLAUDE, "review"]), ("id", ["review", CLAUDE]), ("models", [CLAUDE, "review"])],
)  # fmt: skip
def test_the_orders_of_conversations(talked: Session, sort: str, expected: list[str]) -> None:
    found = read(talked)

    assert [one.id for one in ordered(found, sort, is_descending=True)] == expected
    assert [one.id for one in ordered(found, sort, is_descending=False)] == expected[::-1]


def test_only_the_newest_conversations_are_kept_and_the_others_counted(
    talked: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST", 1)
    found = read(talked)

    assert [one.id for one in found.conversations] == [CLAUDE]
    assert found.hidden == 1
    assert found.loose.requests == 1
    assert found.totals.requests == 5


def test_a_filter_narrows_conversations(talked: Session) -> None:
    assert [one.id for one in read(talked, "project:web").conversations] == [CLAUDE]
    assert [one.id for one in read(talked, "session:review").conversations] == ["review"]


def test_blocks_are_those_of_claudes_calls_where_there_are_any(talked: Session) -> None:
    found = read(talked)

    assert found.block_provider == "anthropic"
    assert [one.totals.requests for one in found.blocks] == [2]
    assert found.blocks[0].is_active
    assert found.blocks[0].is_value


def test_blocks_are_those_of_all_calls_where_claude_made_none(talked: Session) -> None:
    found = read(talked, "provider:openai")

    assert found.block_provider is None
    assert sum(one.totals.requests for one in found.blocks) == 3


def test_blocks_know_only_labels(talked: Session) -> None:
    found = read(talked, "cost>1")

    assert not found.has_blocks
    assert found.blocks == ()


def test_a_block_of_yesterday_evening_reaches_into_a_span_that_begins_today(session: Session) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    session.store.add([
        call_at(midnight - timedelta(hours=2), "before", provider_name="anthropic"),
        call_at(midnight + timedelta(hours=1), "after", provider_name="anthropic"),
    ])  # fmt: skip
    found = read(session, span="today")

    assert [(one.start, one.totals.requests) for one in found.blocks] == [(midnight - timedelta(hours=2), 2)]


def test_a_past_span_has_no_active_block(talked: Session) -> None:
    found = read_sessions(asking(talked), span=Span("2026-10"))

    assert found.is_past
    assert found.blocks == ()


def test_what_providers_say_is_beside_in_a_replay_only_what_they_had_said_by_then(talked: Session) -> None:
    def limit(window: str, minutes: int) -> OfficialLimit:
        at = NOW + timedelta(minutes=minutes)
        return OfficialLimit(
            "anthropic", "claude-code", "laptop", window, 300, Decimal(41), NOW + timedelta(hours=2), at
        )

    talked.store.save_official_limits([limit("five_hour", -5), limit("weekly", 5)])

    past = read_sessions(replace(asking(talked), is_replay=True), span=Span("7d"))
    assert [one.window for one in past.official] == ["five_hour"]
    assert [one.window for one in read(talked).official] == ["five_hour", "weekly"]


def test_the_course_of_a_conversation_places_amounts_in_its_time(talked: Session) -> None:
    one = next(one for one in read(talked).conversations if one.id == CLAUDE)
    course = read_course(asking(talked), one)

    assert len(course.amounts) == SLOTS
    assert (course.amounts[0], course.amounts[-1]) == (Decimal(3), Decimal("0.5"))
    assert sum(course.amounts) == Decimal("3.5")


def test_a_conversation_of_one_moment_has_a_course_too(session: Session) -> None:
    session.store.add([call(1, conversation_id="once", cost=None, cost_source="unpriced")])
    one = read(session).conversations[0]
    course = read_course(asking(session), one)

    assert course.is_tokens
    assert course.amounts[0] == 1501


def test_a_course_names_the_errors(talked: Session) -> None:
    one = next(one for one in read(talked).conversations if one.id == "review")

    assert read_course(asking(talked), one).errors == (("server_error", 1),)


def test_a_course_of_more_calls_than_are_read_says_so(talked: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST_CALLS", 1)
    one = next(one for one in read(talked).conversations if one.id == CLAUDE)
    course = read_course(asking(talked), one)

    assert course.is_cut
    assert sum(course.amounts) == Decimal("0.5")


def test_the_exported_rows_hold_the_loose_calls_last(talked: Session) -> None:
    found = read(talked)
    sheet = session_sheet(found, ordered(found, "last", is_descending=True))

    assert [row[0] for row in sheet.rows] == [CLAUDE, "review", None]
    assert sum(int(str(row[sheet.columns.index("requests")])) for row in sheet.rows) == found.totals.requests


def test_an_empty_span_tells_why(talked: Session) -> None:
    found = read(talked, "model:nothing")

    assert found.emptiness is not None
    assert found.emptiness.filtered_away == 5


@pytest.mark.parametrize(
    ("name", "expected"), [(CLAUDE, "11111111"), ("review", "review"), ("a-very-long-session-name", "a-v…ion-name")]
)
def test_ids_in_short(name: str, expected: str) -> None:
    assert short_id(name, cells=12) == expected


@pytest.mark.parametrize(("minutes", "expected"), [(0.5, "30 s"), (12, "12 min"), (185, "3 h 05"), (3125, "2 d 4 h")])
def test_lengths_as_they_are_shown(minutes: float, expected: str) -> None:
    assert length_text(timedelta(minutes=minutes)) == expected


def test_moments_as_they_are_shown(session: Session) -> None:
    place = asking(session).place

    assert moment_text(NOW, NOW, place) == "15:30"
    assert moment_text(NOW - timedelta(days=20), NOW, place) == " 3 Nov 15:30"
    assert moment_text(NOW - timedelta(days=400), NOW, place) == "2025-10-19"


def test_a_conversation_counts_a_call_without_a_model(session: Session) -> None:
    session.store.add([days_ago(1, "odd", conversation_id="odd", request_model=None)])

    assert read(session).conversations[0].models[0][0] is None


def test_a_block_in_a_replay_ends_with_its_moment(session: Session) -> None:
    session.store.add([call_at(NOW - timedelta(minutes=10), "before"), call_at(NOW + timedelta(minutes=4), "after")])

    past = read_sessions(replace(asking(session), is_replay=True), span=Span("7d"))

    assert [one.totals.requests for one in past.blocks] == [1]
    assert [one.totals.requests for one in read(session).blocks] == [2]


def test_the_present_quarter_counts_in_a_replay_as_far_as_it_has_come(session: Session) -> None:
    session.store.add([call_at(NOW + timedelta(minutes=one), f"call-{one}") for one in (1, 2, 6)])
    at = replace(asking(session), now=NOW + timedelta(minutes=5), is_replay=True)

    found = read_sessions(at, span=Span("7d"))

    assert [(one.first, one.totals.requests) for one in found.blocks] == [(NOW, 2)]


def test_blocks_without_any_price_are_not_drawn_as_free(session: Session) -> None:
    unpriced = {"cost": None, "cost_source": "unpriced"}
    session.store.add([call_at(NOW - timedelta(hours=at), f"call-{at}", **unpriced) for at in (1, 13)])

    *_, last = block_lines(read(session), DOLLARS, zone("UTC"), width=80, marks="blocks")

    assert plain(last) == "Last blocks    unpriced"
