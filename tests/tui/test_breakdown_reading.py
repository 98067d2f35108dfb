"""What the breakdown reads: shares that add up, beside the period before."""

from decimal import Decimal

import pytest

from tests.tui.sample import NOW, call
from tests.tui.spread import days_ago
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.breakdown_columns import sheet
from tokenmon.tui.breakdown_view import View, leaves, rows
from tokenmon.tui.reading.breakdown import BreakdownSnapshot, read_breakdown
from tokenmon.tui.reading.emptiness import empty_words


def read(
    session: Session, *, where: str = "", span: str = "month", first: str = "model", second: str | None = "project"
) -> BreakdownSnapshot:
    asking = Asking(session.store, session.settings, NOW, parse_filter(where))
    return read_breakdown(asking, span=Span(span), first=first, second=second)


@pytest.mark.parametrize("second", [None, "project", "status"])
@pytest.mark.parametrize("where", ["", "model:opus", "cost>1"])
def test_the_shares_add_up_to_what_stats_says(spread: Session, where: str, second: str | None) -> None:
    found = read(spread, where=where, second=second)
    wanted = Asking(spread.store, spread.settings, NOW, parse_filter(where)).span_filter(Span("month"))
    present = [one.now for one in found.shares if one.now is not None]

    assert found.totals == spread.store.totals(wanted)
    assert sum(one.cost for one in present) == found.totals.cost
    assert sum(one.requests for one in present) == found.totals.requests


def test_the_parts_of_a_share_add_up_to_it(spread: Session) -> None:
    opus = next(one for one in read(spread).shares if one.key == ("opus",))

    assert opus.now is not None
    assert {part.key[1]: part.now.cost for part in opus.parts if part.now} == {"web": Decimal(6), "api": Decimal(1)}
    assert opus.now.cost == 7


def test_calls_without_a_label_are_a_share_of_their_own(spread: Session) -> None:
    found = read(spread, first="project", second=None)

    assert {one.key[0] for one in found.shares if one.now} == {"web", "api", None}


def test_the_period_before_stands_beside_cut_to_the_days_that_have_passed(spread: Session) -> None:
    spread.store.add([days_ago(25, "late", request_model="opus", cost=Decimal(100))])
    opus = next(one for one in read(spread).shares if one.key == ("opus",))

    assert opus.before is not None
    assert opus.before.cost == 14


def test_all_time_has_nothing_to_compare_with(spread: Session) -> None:
    found = read(spread, span="all")

    assert not found.has_before
    assert all(one.before is None for one in found.shares)


def test_what_is_gone_stands_at_the_end_only_where_changes_are_sorted(spread: Session) -> None:
    found = read(spread, second=None)
    by_change = [row.share.key[0] for row in rows(found, View(sort="change"))]

    assert "old" not in [row.share.key[0] for row in rows(found, View())]
    assert by_change == ["mini", "house", "opus", "old"]
    assert [row.share.key[0] for row in rows(found, View(sort="change", is_descending=False))][-1] == "old"


def test_what_has_no_price_stands_last_in_either_direction(spread: Session) -> None:
    found = read(spread, second=None)

    assert [row.share.key[0] for row in rows(found, View())] == ["opus", "mini", "house"]
    assert [row.share.key[0] for row in rows(found, View(is_descending=False))] == ["mini", "opus", "house"]


@pytest.mark.parametrize(
    ("sort", "first"),
    [("name", "house"), ("requests", "opus"), ("tokens", "opus"), ("input", "opus"), ("cached", "mini"),
     ("errors", "mini"), ("output", "opus"), ("unpriced", "mini")],
)  # fmt: skip
def test_every_column_sorts(spread: Session, sort: str, first: str) -> None:
    view = View().by_column(sort, read(spread, second=None))

    assert rows(read(spread, second=None), view)[0].share.key[0] == first


def test_a_list_value_is_counted_where_nothing_was_spent(session: Session) -> None:
    session.store.add([call(1, billing="subscription", cost=Decimal(5))])
    found = read(session)

    assert View().counted(found) == "value"
    assert View(measure="cost").counted(found) == "cost"
    assert found.totals.cost == 0


def test_the_rows_that_are_exported_add_up_to_the_totals(spread: Session) -> None:
    found = read(spread)
    folded = sheet(found, View())
    unfolded = sheet(found, View(is_all_open=True))

    assert folded.columns[0] == "model"
    assert unfolded.columns[:2] == ("model", "project")
    for one in (folded, unfolded):
        assert sum(Decimal(str(row[one.columns.index("requests")])) for row in one.rows) == found.totals.requests
        assert sum(row[one.columns.index("cost_usd")] or 0 for row in one.rows) == 8  # type: ignore[misc]


def test_an_unpriced_row_is_exported_without_a_cost(spread: Session) -> None:
    found = sheet(read(spread, second=None), View())
    house = next(row for row in found.rows if row[0] == "house")

    assert house[found.columns.index("cost_usd")] is None


def test_the_leaves_hold_every_call_once(spread: Session) -> None:
    found = read(spread)

    assert sum(row.now.requests for row in leaves(found, View(opened=frozenset({("opus",)})))) == 7


def test_an_empty_period_tells_why(spread: Session) -> None:
    filtered, quiet = read(spread, where="model:nothing"), read(spread, span="2020-01")

    assert filtered.emptiness is not None
    assert filtered.emptiness.filtered_away == 7
    assert "hides all 7 calls" in empty_words(filtered.emptiness, "November")[0]
    assert quiet.emptiness is not None
    assert "No calls in this range" in empty_words(quiet.emptiness, "January")[0]


def test_a_new_database_tells_the_first_steps(session: Session) -> None:
    found = read(session)

    assert found.emptiness is not None
    assert "No calls are recorded yet." in empty_words(found.emptiness, "November")
