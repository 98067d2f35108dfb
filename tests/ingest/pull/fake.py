"""Fakes of the providers' admin APIs on a real socket: documented shapes, pages, rate limits and refusals.

Written after the providers' references and not after tokenmon, so that both can disagree.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

ADMIN_KEY = "sk-admin-or-ant-key-0123456789"
DAY = timedelta(days=1)
Lines = dict[str, dict[str, list[dict[str, Any]]]]


@dataclass
class FakeApi:
    """Answers by report and day (`2026-11-01`); `fail` is taken from first, one entry a request: status and headers."""

    lines: Lines = field(default_factory=dict)
    page_days: int = 2
    fail: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    raw: bytes | None = None
    url: str = ""

    def answer(self, target: str, headers: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        """Status, headers and content of one request."""
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        self.asked.append((parts.path, query))
        if self.fail:
            return self.fail.pop(0)
        if parts.path.startswith("/v1/organization/"):
            return self._openai(parts.path, query, headers)
        if parts.path.startswith("/v1/organizations/"):
            return self._anthropic(parts.path, query, headers)
        return self._openrouter(query, headers)

    def _openai(
        self, path: str, query: dict[str, list[str]], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        if headers.get("authorization") != f"Bearer {ADMIN_KEY}":
            message = (
                f"You have insufficient permissions: {headers.get('authorization')}. Missing scopes: api.usage.read."
            )
            return 403, {}, {"error": {"message": message, "type": "invalid_request_error"}}
        report = path.rpartition("/")[2]
        if report in self.missing:
            return 404, {}, {"error": {"message": f"Invalid URL (GET {path})"}}
        if int(query["limit"][0]) > (180 if report == "costs" else 31):
            return 400, {}, {"error": {"message": "limit is too large"}}
        start = datetime.fromtimestamp(int(query["start_time"][0]), UTC)
        end = datetime.fromtimestamp(int(query["end_time"][0]), UTC) if "end_time" in query else None
        buckets = [
            {"object": "bucket", "start_time": int(day.timestamp()), "end_time": int((day + DAY).timestamp()),
             "results": lines}
            for day, lines in self._days(report, start, end)
        ]  # fmt: skip
        return 200, {}, {"object": "page", **self._page(buckets, query)}

    def _anthropic(
        self, path: str, query: dict[str, list[str]], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        if headers.get("x-api-key") != ADMIN_KEY or headers.get("anthropic-version") != "2023-06-01":
            error = {"type": "authentication_error", "message": "invalid x-api-key"}
            return 401, {}, {"type": "error", "error": error}
        start = datetime.fromisoformat(query["starting_at"][0])
        end = datetime.fromisoformat(query["ending_at"][0]) if "ending_at" in query else None
        buckets = [
            {"starting_at": day.strftime("%Y-%m-%dT00:00:00Z"), "ending_at": (day + DAY).strftime("%Y-%m-%dT00:00:00Z"),
             "results": lines}
            for day, lines in self._days(path.rpartition("/")[2], start, end)
        ]  # fmt: skip
        return 200, {}, self._page(buckets, query)

    def _openrouter(self, query: dict[str, list[str]], headers: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        if headers.get("authorization") != f"Bearer {ADMIN_KEY}":
            message = "Only provisioning keys can perform this operation"
            return 403, {}, {"error": {"code": 403, "message": message}}
        return 200, {}, {"data": self.lines.get("activity", {}).get(query["date"][0], [])}

    def _days(self, report: str, start: datetime, end: datetime | None) -> list[tuple[datetime, list[dict[str, Any]]]]:
        known = self.lines.get(report, {})
        end = end or max([datetime.fromisoformat(day + "T00:00:00Z") for day in known] or [start]) + DAY
        days = [start + DAY * at for at in range((end - start) // DAY)]
        return [(day, known.get(f"{day:%Y-%m-%d}", [])) for day in days]

    def _page(self, buckets: list[dict[str, Any]], query: dict[str, list[str]]) -> dict[str, Any]:
        at = int(query.get("page", ["page_0"])[0].removeprefix("page_"))
        more = at + self.page_days < len(buckets)
        following = f"page_{at + self.page_days}" if more else None
        return {"data": buckets[at : at + self.page_days], "has_more": more, "next_page": following}


@contextmanager
def serving(fake: FakeApi) -> Iterator[FakeApi]:
    """A fake on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, extra, content = fake.answer(self.path, headers)
            body = fake.raw if fake.raw is not None and status == 200 else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**extra, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
