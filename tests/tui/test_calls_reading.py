"""What the table of calls reads: a listing with its sums, where a call has moved to, and how many are new."""

from datetime import timedelta
from decimal import Decimal

from tests.tui.sample import NOW, call
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.period import zone
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.call_columns import Writing
from tokenmon.tui.call_rows import GONE, KEPT_PAGES, PAGE_ROWS, CallRows, pages_of
from tokenmon.tui.numbers import DOLLARS
from tokenmon.tui.reading.calls import Anchor, Asked, read_calls, read_fresh

EVER = Asked(Span("all"))


def asking(session: Session, where: str = "") -> Asking:
    return Asking(session.store, session.settings, NOW, parse_filter(where))


def rows(count: int) -> CallRows:
    return CallRows(count, Writing(zone("UTC"), DOLLARS))


def test_a_listing_comes_with_its_sums_and_its_first_page(filled: Session) -> None:
    found = read_calls(asking(filled), asked=EVER)

    assert (found.count, found.every, found.totals.requests, found.fresh) == (47, 47, 47, 0)
    (number, page), *_ = found.pages
    assert number == 0
    assert len(page) == 47
    assert page[0] == filled.store.records(found.wanted, limit=1)[0]


def test_a_filter_leaves_the_number_of_all_calls(filled: Session) -> None:
    found = read_calls(asking(filled, "status:error"), asked=Asked(Span("all"), where="status:error"))

    assert (found.count, found.every) == (1, 47)


def test_an_order_is_that_of_the_listing(filled: Session) -> None:
    found = read_calls(asking(filled), asked=Asked(Span("all"), "input", is_descending=False))

    inputs = [one.usage.input_tokens for one in found.pages[0][1] if one.usage is not None]
    assert inputs == sorted(inputs)


def test_a_call_that_moves_is_followed(filled: Session) -> None:
    before = read_calls(asking(filled), asked=EVER)
    held = before.pages[0][1][5]
    filled.store.add([call(3, request_model="late"), call(5, request_model="late")])

    found = read_calls(asking(filled), asked=EVER, anchor=Anchor(held.id, 5))

    assert found.shift == 2
    assert found.pages[0][1][5 + 2] == held


def test_a_call_that_is_gone_moves_nothing(filled: Session) -> None:
    assert read_calls(asking(filled), asked=EVER, anchor=Anchor(bytes(16), 5)).shift == 0


def test_new_calls_are_counted_and_the_listing_stays(filled: Session) -> None:
    before = read_calls(asking(filled), asked=EVER)
    filled.store.add([call(3, request_model="late"), call(5, request_model="late")])

    found = read_fresh(asking(filled), before=before, numbers=(0,))

    assert found.fresh == 2
    assert found.listing is before.listing
    assert len(found.pages[0][1]) == 47


def test_calls_that_a_span_leaves_behind_hide_no_new_one(filled: Session) -> None:
    asked = Asked(Span("1h"))
    before = read_calls(asking(filled), asked=asked)
    filled.store.add([call(3, request_model="late")])
    later = Asking(filled.store, filled.settings, NOW + timedelta(minutes=50))

    assert read_fresh(later, before=before, numbers=()).fresh == 1


def test_a_cost_that_has_changed_is_read_again(filled: Session) -> None:
    before = read_calls(asking(filled), asked=EVER)
    filled.store.reprice(lambda one: one.priced(Decimal(9), "override"), before.wanted)

    found = read_fresh(asking(filled), before=before, numbers=(0,))

    assert {one.cost for one in found.pages[0][1]} == {Decimal(9)}


def test_nothing_to_show_tells_why(filled: Session) -> None:
    found = read_calls(asking(filled, "model:none-such"), asked=Asked(Span("all"), where="model:none-such"))

    assert found.emptiness is not None
    assert found.emptiness.filtered_away == 47


def test_rows_know_what_is_not_there_yet_and_what_is_gone() -> None:
    kept = rows(PAGE_ROWS * 3)
    page = tuple(call(number) for number in range(PAGE_ROWS - 1))

    kept.keep([(1, page)])

    assert kept.key(0) is None
    assert kept.key(PAGE_ROWS) == page[0]
    assert kept.key(2 * PAGE_ROWS - 1) == GONE
    assert kept.lacking(0, 10**9) == [0, 2]
    assert kept.present(0, 10**9) == (1,)


def test_rows_keep_the_pages_that_were_looked_at_last() -> None:
    kept = rows(10**6)

    for number in range(KEPT_PAGES + 5):
        kept.keep([(number, ())])

    assert kept.lacking(0, 6 * PAGE_ROWS) == [0, 1, 2, 3, 4]


def test_pages_cover_the_rows_that_lie_on_them() -> None:
    assert list(pages_of(-50, 1)) == [0]
    assert list(pages_of(PAGE_ROWS - 1, PAGE_ROWS + 1)) == [0, 1]
    assert list(pages_of(0, 0)) == []
