"""Platforms over HTTP: what goes in, what comes out, and that a key never does."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import ClientOf
from tests.core.sample import call
from tokenmon.core.headroom import Headroom
from tokenmon.session import Session

KEY = "sk-very-secret-provider-key-1234"
FULL: dict[str, Any] = {
    "name": "work",
    "provider_name": "openai",
    "base_url": "https://api.example.com/v1",
    "key": KEY,
    "input_price": "2.5",
    "output_price": "10",
    "cache_read_price": None,
    "cache_write_price": None,
    "billing": "subscription",
    "quota": {"amount": "100", "unit": "usd", "period": "month", "warn_at": 75},
    "inject_usage": False,
    "drain_on_disconnect": True,
}


def test_an_added_platform_comes_back_whole_but_for_its_key(client: ClientOf) -> None:
    admin = client("admin")

    created = admin.post("/api/platforms", json=FULL)
    shown = admin.get("/api/platforms/work")

    assert created.status_code == 201
    assert created.headers["location"] == "/api/platforms/work"
    assert {name: shown.json()[name] for name in created.json()} == created.json()
    kept = {name: value for name, value in FULL.items() if name != "key"}
    assert {name: shown.json()[name] for name in kept} == kept
    assert (shown.json()["has_key"], shown.json()["key_hint"]) == (True, "1234")
    assert admin.get("/api/platforms").json() == [created.json()]


def test_no_answer_and_no_file_holds_the_key(client: ClientOf, session: Session, tmp_path: Path) -> None:
    admin = client("admin")
    answers = [
        admin.post("/api/platforms", json=FULL),
        admin.post("/api/platforms", json=FULL),
        admin.post("/api/platforms", json={**FULL, "key": KEY + "\n\n bad"}),
        admin.post("/api/platforms", json={**FULL, "provider_name": 7}),
        admin.request("PUT", "/api/platforms/work", json={"key": KEY}),
        admin.get("/api/platforms/work"),
        admin.get("/api/platforms"),
    ]

    assert all(KEY not in answer.text for answer in answers)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(KEY.encode() not in path.read_bytes() for path in files)
    stored = session.store.platform("work")
    assert stored.sealed_key is not None
    assert session.vault.unseal(stored.id, stored.sealed_key) == KEY


def test_replacing_keeps_the_key_unless_one_is_given(client: ClientOf, session: Session) -> None:
    admin = client("admin")
    admin.post("/api/platforms", json=FULL)

    without = admin.request("PUT", "/api/platforms/work", json={"provider_name": "openai"}).json()
    other = admin.request("PUT", "/api/platforms/work", json={"provider_name": "openai", "key": "sk-another-key-9876"})
    removed = admin.request("PUT", "/api/platforms/work", json={"provider_name": "openai", "key": None}).json()

    assert (without["key_hint"], without["quota"], without["base_url"]) == ("1234", None, None)
    assert other.json()["key_hint"] == "9876"
    assert (removed["has_key"], removed["key_hint"]) == (False, None)


def test_prices_per_thousand_are_kept_per_million(client: ClientOf) -> None:
    body = {"name": "work", "provider_name": "openai", "input_price": "0.0025", "output_price": 0.01, "per": "1K"}

    created = client("admin").post("/api/platforms", json=body).json()

    assert (created["input_price"], created["output_price"]) == ("2.5", "10")


def test_a_removed_platform_is_gone(client: ClientOf) -> None:
    admin = client("admin")
    admin.post("/api/platforms", json=FULL)

    removed = admin.request("DELETE", "/api/platforms/work")

    assert (removed.status_code, removed.content) == (204, b"")
    assert admin.get("/api/platforms/work").status_code == 404


def test_a_taken_name_is_a_conflict(client: ClientOf) -> None:
    admin = client("admin")
    admin.post("/api/platforms", json=FULL)

    assert admin.post("/api/platforms", json=FULL).status_code == 409


def test_an_unknown_name_is_not_found_and_the_nearest_named(client: ClientOf) -> None:
    admin = client("admin")
    admin.post("/api/platforms", json=FULL)

    answer = admin.get("/api/platforms/wrok")

    assert answer.status_code == 404
    assert "work" in answer.json()["error"]["hint"]


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"name": "api"}, 400, "reserved"),
        ({"name": "Has Space"}, 400, "URL"),
        ({"provider_name": "opnai"}, 400, "provider"),
        ({"provider_name": "azure", "base_url": None}, 400, "base URL"),
        ({"base_url": "ftp://x"}, 400, "base URL"),
        ({"base_url": "https://user:pw@example.com"}, 400, "base URL"),
        ({"input_price": "-1"}, 422, "input_price"),
        ({"input_price": "NaN"}, 422, "input_price"),
        ({"qouta": {"amount": "5"}}, 422, "qouta"),
        ({"quota": {"amount": "0"}}, 422, "quota.amount"),
        ({"quota": {"amount": "5", "warn_at": 101}}, 422, "quota.warn_at"),
        ({"billing": "free"}, 422, "billing"),
        ({"key": "sk-with space"}, 422, "key"),
        ({"key": ""}, 422, "key"),
    ],
)
def test_a_bad_field_is_named_and_nothing_stored(
    client: ClientOf, change: dict[str, Any], status: int, word: str
) -> None:
    answer = client("admin").post("/api/platforms", json={**FULL, **change})

    assert answer.status_code == status
    assert word in answer.json()["error"]["message"]
    assert client("admin").get("/api/platforms").json() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused_in_words(client: ClientOf, body: bytes) -> None:
    answer = client("admin").post("/api/platforms", content=body, headers={"content-type": "application/json"})

    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def test_a_body_over_the_limit_is_refused(client: ClientOf) -> None:
    body = b'{"name": "' + b"x" * (8 * 1024 * 1024) + b'"}'

    answer = client("admin").post("/api/platforms", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 413
    assert answer.json()["error"]["message"] == "the body is larger than 8 MB"


def test_one_platform_comes_with_its_health_and_headroom(client: ClientOf, session: Session) -> None:
    admin = client("admin")
    admin.post("/api/platforms", json=FULL)
    now = session.now()
    session.store.save_headroom([Headroom("work", "tokens", 1000, 420, None, now)])
    session.store.add([call("good", now - timedelta(minutes=1), platform="work")])

    shown = client("viewer").get("/api/platforms/work").json()

    assert (shown["health"]["state"], shown["health"]["last_day"]["requests"]) == ("ok", 1)
    assert [(one["dimension"], one["percent_left"]) for one in shown["headroom"]] == [("tokens", 42)]
