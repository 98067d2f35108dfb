"""The Trends screen's snapshot as words, a chart, rows and a sheet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest

from tokenmon.core.period import Bucket, Period
from tokenmon.tui.chart import Kind, draw
from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.reading.trend_metric import COST, METRICS
from tokenmon.tui.reading.trends import Trend, TrendsSnapshot, metric_named
from tokenmon.tui.texts import Marks, plain
from tokenmon.tui.trend_drawing import (
    MOST_ROWS,
    REST,
    bucket_columns,
    bucket_rows,
    buckets_at,
    chart_kinds,
    series_rows,
    series_tones,
    sheet,
    tick_amount,
    time_chart,
)
from tokenmon.tui.trend_words import amount_text, bucket_name, change_text, summary_lines

START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
EUROPEAN = Numbers("€", Decimal("0.5"), ",", ".")


def trend(*values: int | str | None, name: str | None = None, is_rest: bool = False, requests: int = 3) -> Trend:
    found = tuple(None if value is None else Decimal(value) for value in values)
    return Trend(found, sum((value for value in found if value), Decimal(0)), requests, name, is_rest)


def snapshot(whole: Trend, *series: Trend, by: str | None = "model", bucket: Bucket = "day") -> TrendsSnapshot:
    starts = tuple(START + timedelta(days=day) for day in range(len(whole.values)))
    labels = tuple(f"{start:%Y-%m-%d}" for start in starts)
    return TrendsSnapshot(COST, bucket, by, starts, labels, Decimal(len(starts)), whole, series)


def said(found: TrendsSnapshot, numbers: Numbers = DOLLARS, width: int = 200, most: int = 3) -> list[str]:
    return [plain(line) for line in summary_lines(found, numbers, now=NOW, width=width, most=most)]


def test_a_series_keeps_its_colour_when_the_order_changes() -> None:
    first = series_tones((trend(1, name="a"), trend(1, name="b")), {})

    second = series_tones((trend(1, name="c"), trend(1, name="b"), trend(1, name="a")), first)

    assert first == {"=a": "series-1", "=b": "series-2"}
    assert second == {**first, "=c": "series-3"}


def test_a_series_that_went_leaves_its_colour_to_others_and_gets_another_on_coming_back() -> None:
    names = "abcdefgh"
    full = series_tones(tuple(trend(1, name=name) for name in names), {})

    without = series_tones(tuple(trend(1, name=name) for name in "bcdefghi"), full)
    back = series_tones(tuple(trend(1, name=name) for name in "abcdefgi"), without)

    assert without["=i"] == full["=a"]
    assert back["=a"] == full["=h"]
    assert len({back[f"={name}"] for name in "abcdefgi"}) == 8


def test_the_rest_is_grey_and_a_model_of_that_name_is_not() -> None:
    tones = series_tones((trend(1, name=REST), trend(1, is_rest=True)), {})

    assert tones == {f"={REST}": "series-1", REST: "series-rest"}


def test_means_of_several_series_have_no_stacked_chart() -> None:
    found = snapshot(trend(1, 2), trend(1, 2, name="a"))

    assert chart_kinds(found) == ("stacked", "lines")
    assert chart_kinds(replace(found, metric=metric_named("latency"))) == ("lines",)
    assert chart_kinds(replace(found, by=None)) == ("bars", "lines")


def test_lines_of_parts_have_no_line_of_the_whole_before() -> None:
    found = replace(snapshot(trend(1, 2), trend(1, 2, name="a"), trend(0, 1, name="b")), previous=trend(3, 4))

    assert time_chart(found, "stacked", {}, Decimal(1), has_previous=True).previous == (Decimal(3), Decimal(4))
    assert time_chart(found, "lines", {}, Decimal(1), has_previous=True).previous == ()
    assert time_chart(found, "stacked", {}, Decimal(1), has_previous=False).previous == ()


def test_a_chart_of_money_is_in_the_currency_that_is_shown() -> None:
    found = snapshot(trend(2, None), trend(2, None, name="a"))

    chart = time_chart(found, "stacked", {}, EUROPEAN.rate, has_previous=True)
    ticks = tick_amount("usd", EUROPEAN)

    assert chart.series[0].values == (Decimal(1), None)
    assert ticks is not None
    assert ticks(Decimal("1234.5")) == "€1.234,50"
    assert tick_amount("usd", DOLLARS) is None


def test_counts_are_in_no_currency() -> None:
    found = replace(snapshot(trend(2), trend(2, name="a")), metric=metric_named("tokens"))

    assert time_chart(found, "stacked", {}, EUROPEAN.rate, has_previous=True).series[0].values == (Decimal(2),)


def test_shares_of_series_are_of_the_whole_and_none_is_rounded_to_nothing() -> None:
    found = snapshot(trend(1000), trend("999.9", name="a"), trend("0.1", name=None))

    rows = series_rows(found, DOLLARS, {}, "stacked", "blocks")

    assert [[plain(cell) for cell in row.cells] for row in rows] == [
        ["■ a", "$999.90", "100 %"],
        ["■ no model", "$0.1000", "<0.1 %"],
    ]
    assert rows[0].copied == "a\t999.9"


def test_points_of_exact_amounts_stand_below_each_other() -> None:
    rows = bucket_rows(snapshot(trend("1.25", "10.123456", None)), DOLLARS.exact(), has_previous=True)

    assert [plain(row.cells[1]) for row in rows] == ["unpriced", "$10.123456", "$1.25    "]


def test_of_many_buckets_the_newest_are_in_the_table_and_its_title_says_so() -> None:
    found = replace(snapshot(trend(*range(MOST_ROWS + 10))), previous=trend(*range(MOST_ROWS + 10)))

    rows = bucket_rows(found, DOLLARS, has_previous=True)

    assert len(rows) == MOST_ROWS
    assert plain(rows[0].cells[1]).strip() == "$509.00"
    assert plain(rows[-1].cells[1]).strip() == "$10.00"
    assert plain(rows[-1].cells[2]).strip() == "$10.00"
    assert bucket_columns(found, has_previous=True)[0].title == "Day, newest 500"


def test_columns_of_a_sheet_are_no_formulas_and_never_the_same_twice() -> None:
    found = snapshot(trend(3), trend(1, name="=SUM(A1)"), trend(1, name="day"), trend(1, name="other"),
                     trend(0, is_rest=True))  # fmt: skip
    out = StringIO()

    sheet(found).write("csv", out)

    assert out.getvalue().splitlines() == ["day,cost_usd,'=SUM(A1),day_,other,other_", "2026-11-01,3,1,1,1,0"]


@pytest.mark.parametrize(
    ("present", "before", "metric", "expected"),
    [
        (112, 100, "cost", "+12 %"),
        (88, 100, "cost", "-12 %"),
        (100, 100, "cost", "±0 %"),
        (5, 3, "error share", "+2.0 points"),
        (5, 0, "cost", ""),
        (None, 5, "cost", ""),
        (5, None, "latency", ""),
    ],
)
def test_a_change_has_a_sign_and_shares_change_by_points(
    present: int | None, before: int | None, metric: str, expected: str
) -> None:
    values = [None if value is None else Decimal(value) for value in (present, before)]

    assert change_text(values[0], values[1], metric_named(metric), DOLLARS) == expected


@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [("cost", "1.5", "$1.50"), ("tokens", "1500", "1.5k"), ("requests", "1500", "1,500"), ("latency", "1500", "1.5 s"),
     ("error share", "12.5", "12 %")],
)  # fmt: skip
def test_an_amount_has_its_unit(metric: str, value: str, expected: str) -> None:
    assert amount_text(Decimal(value), metric_named(metric).unit, DOLLARS) == expected


def test_what_is_unknown_is_never_nought() -> None:
    assert {amount_text(None, metric.unit, DOLLARS) for metric in METRICS} == {"unpriced", "-"}


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [("hour", "Sun  1 Nov 2026 00:00"), ("day", "Sun  1 Nov 2026"), ("week", "week of  1 Nov 2026"),
     ("month", "Nov 2026")],
)  # fmt: skip
def test_a_bucket_has_the_name_of_its_time(bucket: Bucket, expected: str) -> None:
    assert bucket_name(START, bucket) == expected


def test_the_facts_compare_with_the_span_before() -> None:
    before = Period(START - timedelta(days=3), START, "UTC")
    found = replace(snapshot(trend(1, 5)), previous=trend(4), previous_period=before, lived=Decimal("1.5"))

    assert said(found) == ["$6.00 spent   +50 % vs 29 to 31 Oct   $4.00 a day   most $5.00 Mon 2 Nov"]


def test_a_span_before_without_calls_or_cost_gives_no_percentage() -> None:
    before = Period(START - timedelta(days=3), START, "UTC")
    found = replace(snapshot(trend(6)), previous_period=before)

    assert "no calls 29 to 31 Oct" in said(replace(found, previous=trend(0, requests=0)))[0]
    assert "was $0.00 29 to 31 Oct" in said(replace(found, previous=trend(0, requests=2)))[0]


def test_facts_that_have_no_room_go_the_least_important_first() -> None:
    found = replace(snapshot(trend(1, 5)), unpriced_tokens=12, subscription_value=Decimal(3))

    lines = said(found, width=40, most=2)

    assert lines == ["$6.00 spent   ! 12 tokens unpriced", "$3.00 a day   most $5.00 Mon 2 Nov"]


@pytest.mark.parametrize("kind", ["stacked", "lines"])
@pytest.mark.parametrize("marks", ["blocks", "ascii"])
@pytest.mark.parametrize(("count", "width"), [(3, 60), (30, 120), (300, 80)])
def test_every_column_of_a_chart_belongs_to_the_bucket_drawn_there(
    kind: Kind, marks: Marks, count: int, width: int
) -> None:
    chart = time_chart(snapshot(trend(*range(count))), kind, {}, Decimal(1), has_previous=False)
    drawn = draw(chart, width=width, height=10, marks=marks)

    found = [buckets_at(chart, drawn, x, width=width) for x in range(width)]

    shown = [at for at in found if at]
    assert shown[0][0] == 0
    assert shown[-1][-1] == count - 1
    assert [at.start for at in shown] == sorted(at.start for at in shown)
    assert not found[0]
    assert not buckets_at(chart, [], 5, width=width)
