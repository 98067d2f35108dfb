"""Sums that providers export: by day and model, in our meaning of input, apart from calls."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from tokenmon.errors import ConfigError
from tokenmon.ingest.files.aggregates import Aggregate, read_aggregates, summed
from tokenmon.ingest.files.archive import archive_tables
from tokenmon.ingest.files.formats import format_name
from tokenmon.ingest.files.rows import BadRow, read_table

DAY = date(2026, 11, 1)
OPENAI = (
    "start_time,end_time,start_time_iso,end_time_iso,num_model_requests,input_tokens,output_tokens,"
    "input_cached_tokens,model,batch\r\n"
    "1793491200,1793577600,2026-11-01T00:00:00+00:00,2026-11-02T00:00:00+00:00,3,1000,200,400,gpt-5.4,false\r\n"
    "1793491200,1793577600,2026-11-01T00:00:00+00:00,2026-11-02T00:00:00+00:00,1,10,2,0,gpt-5.4,true\r\n"
    "1793577600,1793664000,2026-11-02T00:00:00+00:00,2026-11-03T00:00:00+00:00,1,many,2,0,gpt-5.4,false\r\n"
)
ANTHROPIC = (
    "\ufeffusage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,"
    "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
    "usage_output_tokens,web_search_count\n"
    "2026-11-01,claude-sonnet-4-6,k,w,message,≤ 200k,100,20,30,500,50,0\n"
)
OLD_ANTHROPIC = (
    "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_write,"
    "usage_input_tokens_cache_read,usage_output_tokens\n2026-11-01,claude-sonnet-4-6,100,50,500,50\n"
)
COST = (
    "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd\n"
    "2026-11-01,Claude Sonnet 4.6,w,k,message,≤ 200k,input_no_cache,0.30,0.30\n"
    "2026-11-01,Claude Sonnet 4.6,w,k,message,≤ 200k,output,0.70,0.75\n"
)
AMOUNT = (
    "\ufeffuser_id,start_time_iso,end_time_iso,model,api_key_name,api_key,type,price,amount\r\n"
    "u,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,deepseek-chat,k,sk,input_cache_hit_tokens,0.07,600\r\n"
    "u,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,deepseek-chat,k,sk,input_cache_miss_tokens,0.27,400\r\n"
    "u,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,deepseek-chat,k,sk,output_tokens,1.1,50\r\n"
    "u,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,deepseek-chat,k,sk,request_count,0,7\r\n"
)
DEEPSEEK_COST = (
    "\ufeffuser_id,start_time_iso,end_time_iso,model,wallet_type,cost,currency\r\n"
    "u,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,deepseek-chat,paid,1.25,CNY\r\n"
)


def read(content: str) -> list[Aggregate | BadRow]:
    table = read_table(io.BytesIO(content.encode()), "a file")
    return list(read_aggregates(format_name(table.columns, "a file"), table.rows))


def sums(content: str) -> list[Aggregate]:
    return summed([one for one in read(content) if isinstance(one, Aggregate)])


def test_openais_usage_is_summed_by_day_and_model() -> None:
    assert sums(OPENAI) == [Aggregate("openai", DAY, "gpt-5.4", 4, 1010, 202, 400)]
    assert read(OPENAI)[-1] == BadRow(4, "'many' is not a number", "input_tokens")


def test_an_empty_period_of_openai_has_no_sums() -> None:
    assert read("start_time,end_time,start_time_iso,end_time_iso\n1,2,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z") == []


@pytest.mark.parametrize("content", [ANTHROPIC, OLD_ANTHROPIC])
def test_anthropics_cached_tokens_are_part_of_the_input(content: str) -> None:
    assert sums(content) == [Aggregate("anthropic", DAY, "claude-sonnet-4-6", None, 650, 50, 500, 50)]


def test_anthropics_costs_are_summed_under_the_models_own_name() -> None:
    assert sums(COST) == [Aggregate("anthropic", DAY, "claude-sonnet-4-6", cost=Decimal("1.00"))]


def test_usage_and_cost_of_one_model_and_day_meet() -> None:
    both = summed([one for text in (ANTHROPIC, COST) for one in read(text) if isinstance(one, Aggregate)])

    assert [(one.input_tokens, one.cost) for one in both] == [(650, Decimal("1.00"))]


def test_openrouters_days_are_no_calls() -> None:
    content = (
        '{"data": [{"date": "2026-11-01", "model": "openai/gpt-5.4", "usage": 0.5, "byok_usage_inference": 0.25, '
        '"requests": 2, "prompt_tokens": 10, "completion_tokens": 5, "reasoning_tokens": 1}]}'
    )

    assert sums(content) == [Aggregate("openrouter", DAY, "openai/gpt-5.4", 2, 10, 5, cost=Decimal("0.75"))]


def archive(members: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return out.getvalue()


def test_deepseeks_archive_is_read_without_unpacking() -> None:
    content = archive({
        "../../etc/amount-2026-11.csv": AMOUNT, "x/cost-2026-11.csv": DEEPSEEK_COST, "readme.txt": "no table",
    })  # fmt: skip

    found = [one for kind, table in archive_tables(content, "a.zip") for one in read_aggregates(kind, table.rows)]

    assert summed([one for one in found if isinstance(one, Aggregate)]) == [
        Aggregate("deepseek", DAY, "deepseek-chat", cost=Decimal("1.25"), currency="CNY"),
        Aggregate("deepseek", DAY, "deepseek-chat", 7, 1000, 50, 600),
    ]


def test_a_member_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenmon.ingest.files.archive.MAX_MEMBER", 100_000)
    content = archive({"amount-1.csv": AMOUNT + "u,2026-11-01T00:00:00Z,,m,k,sk,output_tokens,1,1\r\n" * 100_000})

    ((kind, table),) = archive_tables(content, "a.zip")

    with pytest.raises(ConfigError, match="it unpacks to more than"):
        list(read_aggregates(kind, table.rows))


@pytest.mark.parametrize("content", [b"PK\x03\x04 cut", archive({"other.csv": "a,b\n1,2\n"})])
def test_another_archive_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"a\.zip: "):
        list(archive_tables(content, "a.zip"))
