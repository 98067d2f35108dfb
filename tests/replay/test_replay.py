"""Every recorded exchange through the real proxy: the record equals what it states, the bytes pass unchanged."""

import asyncio
import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.proxy.servers import scripted_server
from tests.replay.server import compress, recorded_body, replay_handler
from tokenmon.config import load_settings
from tokenmon.core.period import Period
from tokenmon.core.platform import Platform
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.providers.registry import PROVIDERS
from tokenmon.server import ProxyServer
from tokenmon.session import open_session

FOLDER = Path(__file__).parents[2].parent / "shared" / "exchanges"
CREDENTIALS = {
    "bearer": ("authorization", "Bearer sk-own"),
    "x-api-key": ("x-api-key", "sk-own"),
    "api-key": ("api-key", "sk-own"),
    "x-goog-api-key": ("x-goog-api-key", "sk-own"),
    "sigv4": ("authorization", "AWS4-HMAC-SHA256 Credential=own"),
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recorded exchanges are not beside this checkout")


def recorded_exchanges() -> dict[str, dict[str, Any]]:
    """All exchanges, by id."""
    exchanges = (json.loads(path.read_text()) for path in sorted(FOLDER.glob("*-*.json")))
    return {exchange["id"]: exchange for exchange in exchanges}


class Replayed:
    """What came of one exchange: the client's bytes, and the records that carry its name."""

    def __init__(self, exchange: dict[str, Any], status: int, body: bytes) -> None:
        self.exchange = exchange
        self.status = status
        self.body = body
        self.records: list[UsageRecord] = []


def request_of(exchange: dict[str, Any], port: int) -> dict[str, Any]:
    """The recorded request, turned to the proxy."""
    request = exchange["request"]
    url = httpx.URL(request["url"])
    headers = {k: v for k, v in request["headers"].items() if k.lower() not in ("host", "content-length")}
    name, value = CREDENTIALS.get(request["auth"], CREDENTIALS["bearer"])
    headers.update({name: value, "x-replay-id": exchange["id"], "x-tokenmon-conversation": exchange["id"]})
    body = request["body"]
    content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
    if content and "content-type" not in {key.lower() for key in headers}:
        headers["content-type"] = "application/json"
    query = f"?{url.query.decode()}" if url.query else ""
    return {
        "method": request["method"],
        "url": f"http://127.0.0.1:{port}/{exchange['provider']}{url.raw_path.decode().partition('?')[0]}{query}",
        "headers": headers,
        "content": content,
    }


async def replay_all(exchanges: dict[str, dict[str, Any]]) -> dict[str, Replayed]:
    """Send every exchange through one running proxy and collect what came of it."""
    results: dict[str, Replayed] = {}
    async with scripted_server(replay_handler(exchanges)) as upstream:
        with open_session() as session:
            for name in sorted({exchange["provider"] for exchange in exchanges.values()}):
                base_path = httpx.URL(PROVIDERS[name].default_base_url or "").path.rstrip("/")
                base_url = f"http://127.0.0.1:{upstream}{base_path}"
                session.store.add_platform(
                    Platform(id=name, name=name, provider_name=name, created_at=session.now(), base_url=base_url)
                )
        server = ProxyServer(load_settings(), port=0)
        port = await server.start()
        try:
            async with httpx.AsyncClient(timeout=30) as client:
                limit = asyncio.Semaphore(8)

                async def one(exchange: dict[str, Any]) -> None:
                    async with limit, client.stream(**request_of(exchange, port)) as response:
                        body = b"".join([piece async for piece in response.aiter_raw()])
                        results[exchange["id"]] = Replayed(exchange, response.status_code, body)

                await asyncio.gather(*(one(exchange) for exchange in exchanges.values()))
        finally:
            await server.stop()
    with open_session() as session:
        for record in session.store.iter_records(Filter(Period(None, None))):
            if record.conversation_id is not None:
                results[record.conversation_id].records.append(record)
    return results


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Replayed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKENMON_HOME", str(tmp_path_factory.mktemp("replay")))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        return asyncio.run(replay_all(recorded_exchanges()))


def test_every_exchange_was_answered_with_its_recorded_status(replayed: dict[str, Replayed]) -> None:
    assert len(replayed) >= 665
    assert [name for name, one in replayed.items() if one.status != one.exchange["response"]["status"]] == []


def without_usage_chunk(body: bytes) -> bytes:
    """A chat stream without its extra usage chunk (`choices` empty, usage stated)."""
    kept = []
    for event in body.split(b"\n\n"):
        data = event.removeprefix(b"data:").strip()
        if data.startswith(b"{") and b'"choices"' in data:
            value = json.loads(data)
            if value.get("choices") == [] and value.get("usage"):
                continue
        kept.append(event)
    return b"\n\n".join(kept)


def test_the_client_gets_the_recorded_bytes(replayed: dict[str, Replayed]) -> None:
    different = []
    for name, one in replayed.items():
        recorded = recorded_body(one.exchange)
        possible = {recorded, compress(recorded, one.exchange["response"].get("original_content_encoding"))[0]}
        body = one.exchange["request"]["body"]
        if (
            isinstance(body, dict)
            and body.get("stream")
            and one.exchange["endpoint"] in ("chat", "completions")
            and not (body.get("stream_options") or {}).get("include_usage")
        ):
            possible.add(without_usage_chunk(recorded))
        if one.body not in possible:
            different.append(name)
    assert different == []


COUNTS = {
    "input_tokens": "input_total",
    "uncached_input_tokens": "input_uncached",
    "output_tokens": "output_total",
    "cache_read_input_tokens": "cache_read",
    "cache_creation_input_tokens": "cache_write",
    "cache_creation_1h_input_tokens": "cache_write_1h",
    "reasoning_output_tokens": "reasoning",
    "audio_input_tokens": "audio_input",
    "audio_output_tokens": "audio_output",
}
UNITS = {
    "input_image_tokens": "image_input",
    "input_video_tokens": "video_input",
    "input_tool_tokens": "tool_use_prompt",
    "output_image_tokens": "image_output",
    "web_searches": "web_search_requests",
    "web_fetches": "web_fetch_requests",
    "audio_seconds": "seconds",
    "rerank_searches": "billed_search_units",
}


def usage_differences(usage: TokenUsage, stated: dict[str, Any]) -> list[str]:
    """Where a usage differs from the stated one."""
    pairs = [(name, getattr(usage, name), stated.get(theirs)) for name, theirs in COUNTS.items()]
    units = dict(usage.units)
    pairs += [(name, units.get(name, 0), stated[theirs]) for name, theirs in UNITS.items() if theirs in stated]
    billed = [units.get("billed_input_tokens", usage.input_tokens), units.get("billed_output_tokens", 0)]
    pairs += [("billed_input", billed[0], stated["billed_input"])] if "billed_input" in stated else []
    pairs += [("billed_output", billed[1], stated["billed_output"])] if units.get("billed_output_tokens") else []
    return [f"{name} {ours} != {theirs}" for name, ours, theirs in pairs if ours != (theirs or 0)]


STATED_ERROR = re.compile(rb'^\s*\{\s*"error":|^event: ?error\s*$|^data: .*[^_]"error": ?\{"', re.MULTILINE)


def stated_cost(exchange: dict[str, Any]) -> Decimal | None:
    """What a call cost as its provider states it: with a caller's own key, what that key's owner charges."""
    usage = exchange["expected"]["raw_usage"] or {}
    if exchange["provider"] == "xai":
        ticks = usage.get("cost_in_usd_ticks")
        return None if ticks is None else Decimal(ticks) / 10**10
    if exchange["provider"] == "openrouter" and usage.get("is_byok"):
        return Decimal(str(usage["cost_details"]["upstream_inference_cost"]))
    cost = (exchange["expected"]["normalized"] or {}).get("provider_cost_usd")
    return None if cost is None or exchange["provider"] == "azure" else Decimal(str(cost))


def differences(one: Replayed, record: UsageRecord) -> list[str]:
    """Where a record differs from what its exchange states."""
    expected = one.exchange["expected"]
    found = []
    if not expected["usage_found"]:
        # A stream that states none is estimated, and says so; nothing else is.
        unstated = "estimated" if record.stream and one.status < 400 and not record.is_error else "none"
        if record.usage_source != unstated:
            found.append(f"{record.usage_source} usage {record.usage} where none is stated")
    elif record.usage is None:
        found.append("no usage")
    else:
        found += usage_differences(record.usage, expected["normalized"])
        if record.usage_source != "provider":
            found.append(f"usage source {record.usage_source}")
        if record.service_tier != expected["normalized"].get("service_tier", record.service_tier):
            found.append(f"service tier {record.service_tier} != {expected['normalized']['service_tier']}")
    cost = stated_cost(one.exchange)
    nanos = None if cost is None else cost.quantize(Decimal("1e-9"))
    if nanos is not None and (record.cost, record.cost_source) != (nanos, "provider"):
        found.append(f"cost {record.cost} {record.cost_source} != {cost}")
    if cost is None and record.cost_source == "provider":
        found.append(f"cost {record.cost} where none is stated")
    if expected.get("response_model") and record.response_model != expected["response_model"]:
        found.append(f"model {record.response_model} != {expected['response_model']}")
    if record.model != expected["model"] and expected["model"] is not None:
        found.append(f"model {record.model} != {expected['model']}")
    # A few recordings state an error under the status 200, some of them within a stream.
    is_error = one.status >= 400 or STATED_ERROR.search(recorded_body(one.exchange)) is not None
    if record.status != one.exchange["response"]["status"] or record.is_error != is_error:
        found.append(f"status {record.status}, error {record.error_type}")
    return found


def test_every_record_equals_what_its_exchange_states(replayed: dict[str, Replayed]) -> None:
    response_ids = Counter(record.response_id for one in replayed.values() for record in one.records)
    known_ids = {record.response_id for one in replayed.values() for record in one.records if record.response_id}
    wrong = {}
    for name, one in replayed.items():
        if one.exchange["expected"].get("count_only") is not None or one.exchange["endpoint"] == "count_tokens":
            continue
        if not one.records:
            # The same response fetched again, or recorded twice: it is counted once, under its first name.
            if stated_id(one) not in known_ids:
                wrong[name] = ["no record"]
            continue
        if len(one.records) != 1:
            wrong[name] = [f"{len(one.records)} records"]
        elif found := differences(one, one.records[0]):
            wrong[name] = found
    assert wrong == {}
    assert [one for one, count in response_ids.items() if one is not None and count > 1 and len(one) > 20] == []


def stated_id(one: Replayed) -> str | None:
    """The id that a JSON answer or a Responses stream states."""
    text = recorded_body(one.exchange).decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except ValueError:
        start = text.find('"id":"')
        return text[start + 6 :].split('"', 1)[0] if start >= 0 else None
    return value.get("id") or value.get("responseId") if isinstance(value, dict) else None


def test_counting_tokens_never_becomes_a_record(replayed: dict[str, Replayed]) -> None:
    counted = [one for one in replayed.values() if one.exchange["endpoint"] == "count_tokens"]

    assert len(counted) >= 10
    assert [one.exchange["id"] for one in counted if one.records] == []
