"""OTLP on the running proxy's port: what an exporter sends there is in the tables a moment later."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.ingest.otlp.exports import CLAUDE, logs, protobuf
from tests.system.process import ProxyProcess, create_key, tokenmon_json


def test_an_exporter_sends_to_the_proxys_port(tmp_path: Path) -> None:
    key = create_key(tmp_path, "laptop", role="reporter")
    export = logs(CLAUDE, at=int(datetime.now(UTC).timestamp()) * 1_000_000_000)
    proxy = ProxyProcess(tmp_path)
    url = f"http://127.0.0.1:{proxy.port}/v1/logs"
    try:
        packed = {"content-type": "application/x-protobuf", "content-encoding": "gzip"}
        by_header = {**packed, "authorization": f"Bearer {key}"}
        answers = [
            httpx.post(url, content=gzip.compress(protobuf(export)), headers=by_header, timeout=30),
            httpx.post(f"{url}?key={key}", content=json.dumps(export), headers={"content-type": "application/json"}),
            httpx.post(url, content=b"", headers={**packed, "content-encoding": "identity"}),
            httpx.post(url, content=b"", headers={**by_header, "origin": "https://example.com"}),
        ]
    finally:
        proxy.kill()

    assert [one.status_code for one in answers] == [200, 200, 401, 403]
    (call,) = tokenmon_json(tmp_path, "logs", "--since", "all")
    assert (call["source"], call["input_tokens"], call["client_key"]) == ("otlp", 1300, "laptop")
    assert key not in proxy.talk
