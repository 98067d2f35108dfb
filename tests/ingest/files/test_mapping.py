"""Any table by a mapping: columns and values in words, checked before the first row."""

import io
from decimal import Decimal

import pytest

from tests.ingest.files.reading import NOW
from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.core.usage import TokenUsage
from tokenmon.errors import ConfigError
from tokenmon.ingest.files.call import RecordMaker
from tokenmon.ingest.files.importer import reader_of_calls
from tokenmon.ingest.files.mapping import Mapped, mapping_from_toml, mapping_of
from tokenmon.ingest.files.rows import Row, read_table

WORDS = ("time=Datum,model=MODEL", "input_tokens=IN,output_tokens=OUT")
CSV = "Datum;MODEL;IN;OUT;CACHED;PREIS;TEAM\n2026-11-24T10:00:00+01:00;gpt-4o;1000;200;400;$0.5;Süd\n"


def read(mapped: Mapped, content: str) -> list[tuple[UsageRecord, Decimal | None]]:
    table = read_table(io.BytesIO(content.encode()), "a file")
    mapped.check(table.columns)
    one = reader_of_calls(mapped.call_of, RecordMaker("import:mapped", {}, None, NOW))
    found = [one(row) for row in table.rows if isinstance(row, Row)]
    return [(call.record, call.reckoned) for call in found if call is not None]


def test_a_table_of_any_columns_is_read_by_its_mapping() -> None:
    mapped = mapping_of([*WORDS, "cache_read_tokens=CACHED,cost=PREIS,tags.team=TEAM,project:=shop"])

    ((record, cost),) = read(mapped, CSV)

    assert record.occurred_at.isoformat() == "2026-11-24T09:00:00+00:00"
    assert (record.model, record.provider_name, record.project) == ("gpt-4o", "openai", "shop")
    assert record.usage == TokenUsage(1000, 200, 400)
    assert (record.tags, cost, record.source) == ((("team", "Süd"),), Decimal("0.5"), "import:mapped")


def test_a_mapping_file_says_the_same() -> None:
    text = (
        '[columns]\ntime = "Datum"\nmodel = "MODEL"\ninput_tokens = "IN"\noutput_tokens = "OUT"\n'
        'cache_read_tokens = "CACHED"\ncost = "PREIS"\ntags = { team = "TEAM" }\n[values]\nproject = "shop"\n'
    )

    mapped = mapping_from_toml(text, "map.toml")

    assert mapped == mapping_of([*WORDS, "cache_read_tokens=CACHED,cost=PREIS,tags.team=TEAM,project:=shop"])


def test_an_input_without_its_cached_part_is_made_whole() -> None:
    mapped = mapping_of(["time=t,model=m,uncached_input_tokens=i,cache_read_tokens=r,cache_write_tokens=w"
                         ",output_tokens=o"])  # fmt: skip

    ((record, _),) = read(mapped, "t,m,i,r,w,o\n2026-11-24,claude-sonnet-4-6,100,500,50,9\n")

    assert record.usage == TokenUsage(650, 9, 500, 50)


def test_members_of_json_are_named_with_dots() -> None:
    mapped = mapping_of(["time=ts,model=req.model,input_tokens=usage.in,output_tokens=usage.out,provider:=groq"])

    ((record, _),) = read(mapped, '{"ts": 1795600000, "req": {"model": "llama"}, "usage": {"in": 5, "out": 6}}')

    assert (record.model, record.usage, record.provider_name) == ("llama", TokenUsage(5, 6), "groq")


def test_equal_rows_are_two_calls_and_the_file_again_is_none() -> None:
    row = "2026-11-24T10:00:00Z,gpt-4o,1,1\n"
    content = "t,m,i,o\n" + row + row + "2026-11-24T10:00:00Z,gpt-4o,1,2\n"
    mapped = mapping_of(["time=t,model=m,input_tokens=i,output_tokens=o"])

    first, again = ({record.id for record, _ in read(mapped, content)} for _ in range(2))

    assert len(first) == 3
    assert first == again


def test_an_id_of_the_table_is_the_calls_identity() -> None:
    mapped = mapping_of(["time=t,model=m,input_tokens=i,output_tokens=o,id=n"])

    ids = [record.id for record, _ in read(mapped, "t,m,i,o,n\n2026-11-24,gpt-4o,1,1,7\n2026-11-24,gpt-4o,9,9,7\n")]
    ((own, _),) = read(mapped, "t,m,i,o,n\n2026-11-24,gpt-4o,1,1,chatcmpl-0123456789abcdef\n")

    ((later, _),) = read(mapped, "t,m,i,o,n\n2026-11-25,gpt-4o,1,1,7\n")
    assert ids[0] == ids[1]
    assert later.id[6:] != ids[0][6:]
    assert own.id == identified_id(own.occurred_at, "openai", "chatcmpl-0123456789abcdef")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["modle=M"], "a call has no field 'modle'"),
        (["model"], "'model' is not FIELD=COLUMN"),
        (["model="], "'model=' is not FIELD=COLUMN"),
    ],
)
def test_a_mapping_that_says_nothing_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        mapping_of(words)


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["time=Datm,model=MODEL,input_tokens=IN,output_tokens=OUT"], "no column 'Datm'", "did you mean Datum?"),
        (["time=xyz,model=MODEL,input_tokens=IN,output_tokens=OUT"], "no column 'xyz'", "the columns are Datum, MODEL"),
        (["model=MODEL,input_tokens=IN"], "does not say where to find time, output_tokens", "--map time=DATE"),
    ],
)
def test_a_mapping_that_does_not_fit_the_table_is_refused(words: list[str], message: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        read(mapping_of(words), CSV)

    assert caught.value.hint is not None
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2026-11-24,gpt-4o,x,1,", "IN: 'x' is not a number"),
        ("2026-11-24,gpt-4o,,1,", "IN: it is empty"),
        (",gpt-4o,1,1,", "T: it is empty"),
        ("2026-11-24,,1,1,", "M: it is empty"),
        ("2026-11-24,gpt-4o,1,1,5", "cache_read_input_tokens: 5 is more than input_tokens"),
        ("2026-11-24,other,1,1,", "the row names no provider"),
    ],
)
def test_a_bad_cell_is_named_by_the_tables_own_column(row: str, message: str) -> None:
    mapped = mapping_of(["time=T,model=M,input_tokens=IN,output_tokens=OUT,cache_read_tokens=C"])

    with pytest.raises(ConfigError) as caught:
        read(mapped, "T,M,IN,OUT,C\n" + row + "\n")

    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    "text", ["nonsense", "[other]\na = 1", "columns = 3", "[columns]\nmodel = 3", "[columns]\nmodle = 'M'"]
)
def test_a_mapping_file_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        mapping_from_toml(text, "map.toml")


def test_a_value_holds_for_every_row() -> None:
    mapped = mapping_of(["time=t,model:=text-embedding-3-small,input_tokens=i,operation:=embeddings"])

    ((record, _),) = read(mapped, "t,i\n2026-11-24,100\n")

    assert (record.operation_name, record.usage) == ("embeddings", TokenUsage(100, 0))
