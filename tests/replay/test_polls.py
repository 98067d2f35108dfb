"""What is fetched again and again until it is done is one record, with what its last sight states."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.proxy.servers import read_request, scripted_server
from tokenmon.config import load_settings
from tokenmon.core.period import Period
from tokenmon.core.platform import Platform
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.server import ProxyServer
from tokenmon.session import open_session

USAGE = {"input_tokens": 36, "output_tokens": 224, "total_tokens": 260}
RESPONSE: dict[str, Any] = {"id": "resp_0123456789abcdef", "model": "m", "status": "in_progress", "usage": None}
BATCH: dict[str, Any] = {"id": "batch_0123456789abcdef", "model": "m", "usage": {"input_tokens": 0, "output_tokens": 0}}
RUN: dict[str, Any] = {"id": "run_0123456789abcdef", "object": "thread.run", "model": "m", "usage": None}
POLLS = {
    "a response in the background": (
        RESPONSE, [("POST", "/v1/responses"), *[("GET", "/v1/responses/resp_0123456789abcdef")] * 4]
    ),
    "a batch": (BATCH, [("GET", "/v1/batches/batch_0123456789abcdef")] * 4),
    "an assistant's run": (
        RUN, [("POST", "/v1/threads/t/runs"), *[("GET", "/v1/threads/t/runs/run_0123456789abcdef")] * 4]
    ),
}  # fmt: skip


async def records_after(answers: list[dict[str, Any]], calls: list[tuple[str, str]]) -> list[UsageRecord]:
    """The records of some calls, answered one by one."""
    left = iter(answers)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            body = json.dumps(next(left)).encode()
            head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)

    async with scripted_server(handle) as upstream:
        with open_session() as session:
            base_url = f"http://127.0.0.1:{upstream}/v1"
            session.store.add_platform(
                Platform(id="p", name="p", provider_name="openai", created_at=session.now(), base_url=base_url)
            )
        server = ProxyServer(load_settings(), port=0)
        port = await server.start()
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/p") as client:
                for method, path in calls:
                    await client.request(method, path, headers={"authorization": "Bearer sk-own"})
        finally:
            await server.stop()
    with open_session() as session:
        return list(session.store.iter_records(Filter(Period(None, None))))


@pytest.mark.parametrize("name", POLLS)
def test_polls_are_one_record(name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    unfinished, calls = POLLS[name]
    finished = {**unfinished, "status": "completed", "usage": USAGE}
    answers = [unfinished] * (len(calls) - 2) + [finished] * 2

    records = asyncio.run(records_after(answers, calls))

    assert [(record.response_id, record.usage_source) for record in records] == [(unfinished["id"], "provider")]
    usage = records[0].usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (36, 224)
    assert records[0].processing == ("batch" if name == "a batch" else None)
