"""Who may do what: keys, headers and roles."""

import pytest
from fastapi import FastAPI

from tests.api.client import Client
from tests.api.conftest import ClientOf
from tokenmon.core.platform import ROLES, Role
from tokenmon.session import Session

READS = [("GET", "/api/platforms"), ("GET", "/api/usage/logs"), ("GET", "/api/usage/stats"), ("GET", "/metrics")]
REPORTS = [("POST", "/api/usage/report")]
CHANGES = [("POST", "/api/platforms"), ("PUT", "/api/platforms/x"), ("DELETE", "/api/platforms/x")]
MAY: dict[Role, list[tuple[str, str]]] = {
    "admin": READS + REPORTS + CHANGES,
    "member": READS + REPORTS,
    "reporter": REPORTS,
    "viewer": READS,
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", READS + REPORTS + CHANGES, ids=" ".join)
def test_a_role_may_do_what_it_is_for_and_nothing_else(client: ClientOf, role: Role, route: tuple[str, str]) -> None:
    answer = client(role).request(*route, json={})

    assert (answer.status_code == 403) is (route not in MAY[role])
    if answer.status_code == 403:
        assert role in answer.json()["error"]["message"]


@pytest.mark.parametrize("route", READS + REPORTS + CHANGES, ids=" ".join)
def test_without_a_key_there_is_401(app: FastAPI, route: tuple[str, str]) -> None:
    answer = Client(app).request(*route, json={})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "tokenmon key create" in answer.json()["error"]["hint"]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("authorization", "Bearer {}"),
        ("authorization", "bearer {}"),
        ("x-api-key", "{}"),
        ("api-key", "{}"),
        ("x-goog-api-key", "{}"),
    ],
)
def test_the_key_may_come_in_every_header_that_sdks_use(app: FastAPI, client: ClientOf, name: str, form: str) -> None:
    token = client("viewer").token

    answer = Client(app).get("/api/platforms", headers={name: form.format(token)})

    assert answer.status_code == 200


@pytest.mark.parametrize("token", ["tm-unknown", "sk-provider-key", "", "tm-\u00ff"])
def test_an_unknown_key_is_refused(app: FastAPI, client: ClientOf, token: str) -> None:
    client("viewer")

    answer = Client(app).get("/api/platforms", headers={"authorization": f"Bearer {token}".encode("latin-1")})

    assert answer.status_code == 401


def test_a_revoked_key_is_refused_by_the_next_request(client: ClientOf, session: Session) -> None:
    viewer = client("viewer")
    before = viewer.get("/api/platforms").status_code

    session.store.revoke_client_key("viewer", session.now())

    assert (before, viewer.get("/api/platforms").status_code) == (200, 401)


def test_the_description_is_open_and_loads_nothing_from_elsewhere(app: FastAPI) -> None:
    page = Client(app).get("/docs")
    document = Client(app).get("/openapi.json").json()

    assert page.status_code == 200
    assert "://" not in page.text
    assert "<script" not in page.text
    for path in (
        "/api/platforms", "/api/platforms/{name}", "/api/usage/logs", "/api/usage/stats", "/api/usage/report",
        "/api/proxy/{platform}/chat", "/healthz", "/metrics",
    ):  # fmt: skip
        assert path in document["paths"]
        assert path in page.text


def test_every_documented_api_route_names_its_key(app: FastAPI) -> None:
    paths = Client(app).get("/openapi.json").json()["paths"]

    guarded = {path for path, methods in paths.items() if all("security" in one for one in methods.values())}

    assert guarded == {path for path in paths if path.startswith(("/api/", "/v1/", "/metrics"))}


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/api/nothing", 404, "there is no such route"),
        ("PATCH", "/api/platforms", 405, "the route does not take this method"),
    ],
)
def test_what_is_no_route_answers_in_the_same_shape(
    client: ClientOf, method: str, path: str, status: int, words: str
) -> None:
    answer = client("admin").request(method, path)

    assert answer.status_code == status
    assert answer.json()["error"] == {"message": words, "hint": "GET /docs lists the routes"}
