"""A segment: entries come back as they were written, damage is told apart, a torn end waits."""

from decimal import Decimal

import pytest

from tests.ingest.entries import entry
from tests.ingest.moving import (
    LIMIT,
    read_all,
)
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.journal import Journal
from tokenmon.ingest.segment import MAX_LINE, JournalBatch, JournalEntry, encoded

ENTRIES = {
    "a call": entry(),
    "every field": entry(
        conversation_id="session-7",
        project="search",
        client_key="ci",
        stream=True,
        error_type="client_disconnected",
        usage=TokenUsage(1 << 60, 2, 3, 4, 5, 6, 7, 8, units=(("web_searches", 3),)),
        usage_source="partial",
        time_to_first_chunk_ms=0,
        service_tier="priority",
        server_address="api.example.com",
        billing="subscription",
        tags=(("team", "search"), ("user", "Ωmega")),
        stated_cost=Decimal("0.000000001"),
    ),
    "no usage": entry(usage=None, usage_source="none", status=None),
    "line ends in texts": entry(project="a\nb\r\nc\u2028d\x85", response_model='"}\n'),
    "a stated cost of nothing": entry(stated_cost=Decimal(0)),
}


@pytest.mark.parametrize("written", ENTRIES.values(), ids=ENTRIES)
def test_an_entry_comes_back_as_it_was_appended(journal: Journal, written: JournalEntry) -> None:
    journal.append(written)

    assert read_all(journal.current) == [written]


def test_reading_goes_on_where_it_ended(journal: Journal) -> None:
    entries = [entry(number) for number in range(30)]
    for one in entries:
        journal.append(one)
    limit = 3 * len(encoded(entries[0]))
    read: list[JournalEntry] = []
    offset = 0

    while (batch := journal.current.read(offset, limit=limit)).next_offset != offset:
        read += batch.entries
        offset = batch.next_offset

    assert read == entries
    assert offset == journal.current.size == journal.current.path.stat().st_size


def test_a_torn_last_line_waits_for_its_end(journal: Journal) -> None:
    journal.append(entry(1))
    whole = journal.current.size
    line = encoded(entry(2)) + b"\n"
    with open(journal.current.path, "ab") as file:
        file.write(line[:40])
        file.flush()
        torn = journal.current.read(whole, limit=LIMIT)
        file.write(line[40:])

    assert torn == JournalBatch((), (), whole)
    assert journal.current.read(0, limit=LIMIT).entries == (entry(1), entry(2))


DAMAGE = {
    "no JSON": b"rubbish",
    "cut": encoded(entry())[:-30],
    "no fields": b"{}",
    "not an object": b"[1, 2]",
    "zeros": b"\0" * 300,
    "no text": b"\xff\xfe",
    "a record that cannot be": encoded(entry()).replace(b'"usage_source":"provider"', b'"usage_source":"none"'),
    "nothing": b"",
}


@pytest.mark.parametrize("line", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_line_is_told_apart_from_the_good_ones_around_it(journal: Journal, line: bytes) -> None:
    journal.append(entry(1))
    journal.current.append(line + b"\n")
    journal.append(entry(2))

    batch = journal.current.read(0, limit=LIMIT)

    assert batch == JournalBatch((entry(1), entry(2)), (line,), journal.current.size)


def test_a_line_longer_than_any_record_is_damage(journal: Journal) -> None:
    journal.current.append(b"x" * MAX_LINE)

    batch = journal.current.read(0, limit=MAX_LINE)

    assert (batch.entries, batch.damaged, batch.next_offset) == ((), (b"x" * 200,), MAX_LINE)
