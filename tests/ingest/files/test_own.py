"""tokenmon's own exports come back as they were: the same ids, every field equal, each call once."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.sample import NOON, call
from tests.ingest.files.reading import NOW
from tests.storage.calls import calls
from tokenmon.analytics.export import WRITERS
from tokenmon.core.formula import quoted, unquoted
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.files.importer import Outcome, reader_of_own
from tokenmon.ingest.files.intake import Intake, Wanted
from tokenmon.ingest.files.rows import Row, read_table
from tokenmon.storage.store import Store

ALL = Filter(Period(None, None))
TEXTS = ("=1+2", "+1", "-1", "@SUM(A1)", "'=1", "''=1", "'", "'plain", "＝1", 'a "quoted", text', "Zoë 🙂", "-", "0012")
USAGE = TokenUsage(
    900, 80, 70, 60, 50, 40, 30, 20,
    units=(("input_image_tokens", 5), ("web_searches", 2)),
    parts=((None, TokenUsage(1, 2, 1)), ("claude-opus-4-8", TokenUsage(3, 4, units=(("web_searches", 1),)))),
)  # fmt: skip
UNKNOWN: dict[str, Any] = {"usage": None, "usage_source": "none", "cost": None, "cost_source": "unpriced"}
RECORDS = [
    *(
        call(f"text-{number}", NOON + timedelta(seconds=number), project=text, conversation_id=text, client_key=text,
             request_model=text, error_type=text, machine=text, tags=((text, text),))
        for number, text in enumerate(TEXTS)
    ),
    call(
        "full", conversation_id="s", project="search", client_key="ci", stream=True, usage=USAGE,
        usage_source="partial", time_to_first_chunk_ms=12, service_tier="flex", processing="batch",
        server_address="api.example.com", billing="subscription",
        machine="Zoë-mbp", tags=(("team", "search"), ("user", "Zoë")),
        cost=Decimal("0.000000001"), cost_source="override",
    ),
    call("stated", cost=Decimal("12.5"), cost_source="provider"),
    call("free", cost=Decimal(0), cost_source="free"),
    call("unknown", **UNKNOWN, status=None, latency_ms=None, request_model=None, response_model=None),
    call("unpriced", cost=None, cost_source="unpriced", response_id=None),
]  # fmt: skip


def exported(kind: str, records: list[UsageRecord]) -> io.BytesIO:
    out = io.StringIO(newline="")
    WRITERS[kind](records, out)
    return io.BytesIO(out.getvalue().encode())


def take(store: Store, stream: io.BytesIO, wanted: Wanted | None = None) -> Outcome:
    def never() -> Any:
        raise AssertionError("own exports keep their costs")

    done = Intake(store, never, {}, NOW).take(stream, "export", wanted or Wanted())
    assert isinstance(done, Outcome)
    return done


@pytest.mark.parametrize("kind", WRITERS)
def test_an_export_comes_back_equal_in_every_field(store: Store, kind: str) -> None:
    done = take(store, exported(kind, RECORDS))

    assert (done.format, done.problems, done.added) == ("tokenmon", [], len(RECORDS))
    assert sorted(store.records(ALL), key=lambda one: one.id) == sorted(RECORDS, key=lambda one: one.id)


@pytest.mark.parametrize("kind", WRITERS)
def test_what_was_imported_is_exported_as_the_same_bytes(store: Store, kind: str) -> None:
    first = exported(kind, sorted(RECORDS, key=lambda one: one.id))

    take(store, first)

    assert exported(kind, list(store.iter_records(ALL))).getvalue() == first.getvalue()


def test_two_machines_have_one_total_whatever_is_imported_how_often(tmp_path: Path) -> None:
    here, there = [call(f"here-{one}" * 4) for one in range(3)], [call(f"there-{one}" * 4) for one in range(2)]
    seen_by_both = call("seen by both machines")
    with Store.open(f"sqlite:///{tmp_path}/a.db") as mine, Store.open(f"sqlite:///{tmp_path}/b.db") as other:
        mine.add([*here, seen_by_both])
        other.add([*there, seen_by_both])

        first = take(mine, exported("jsonl", list(other.iter_records(ALL))))
        again = take(mine, exported("csv", list(other.iter_records(ALL))))
        back = take(other, exported("jsonl", list(mine.iter_records(ALL))))

        assert [(one.added, one.repeated) for one in (first, again, back)] == [(2, 1), (0, 3), (3, 3)]
        assert mine.totals(ALL) == other.totals(ALL)
        assert mine.totals(ALL).requests == 6


def test_a_dry_run_stores_nothing_and_says_what_is_new(store: Store) -> None:
    store.add(RECORDS[:3])

    done = take(store, exported("csv", RECORDS), Wanted(is_dry_run=True))

    assert (done.added, done.repeated) == (len(RECORDS) - 3, 3)
    assert done.preview == RECORDS[:5]
    assert store.totals(ALL).requests == 3


@pytest.mark.parametrize("kind", WRITERS)
def test_an_export_without_records_adds_none(store: Store, kind: str) -> None:
    done = take(store, exported(kind, []), Wanted(format="tokenmon"))

    assert (done.rows, done.bad) == (0, 0)


def test_an_export_of_an_older_version_is_read(store: Store) -> None:
    content = exported("csv", [call()]).getvalue().decode()
    rows = [line.rsplit(",", 1)[0] for line in content.split("\r\n") if line]

    done = take(store, io.BytesIO("\n".join(rows).encode()))

    assert (done.added, store.records(ALL)) == (1, [call()])


def test_bad_rows_are_told_and_the_good_ones_stored(store: Store) -> None:
    lines = exported("jsonl", RECORDS[:3]).getvalue().decode().splitlines()
    lines[1] = lines[1].replace('"input_tokens": 1000', '"input_tokens": "many"')
    lines.append('{"id": "cut off')

    done = take(store, io.BytesIO("\n".join(lines).encode()))

    assert (done.added, done.bad) == (2, 2)
    assert [(one.number, one.column) for one in done.problems] == [(2, "input_tokens"), (4, None)]


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(batch=st.lists(calls(), min_size=1, max_size=8), kind=st.sampled_from(sorted(WRITERS)))
def test_any_record_comes_back_equal(batch: list[UsageRecord], kind: str) -> None:
    table = read_table(exported(kind, batch), "export")

    read = reader_of_own(table, now=datetime(2026, 12, 31, tzinfo=UTC))
    found = [read(row) for row in table.rows if isinstance(row, Row)]
    assert [one.record for one in found if one is not None] == batch


@given(st.text())
def test_a_cell_holds_any_text(text: str) -> None:
    assert unquoted(quoted(text)) == text
