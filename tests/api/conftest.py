"""What API tests share: a session in a home of its own, the app over it, and one client for each role."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.api.client import Client, add_key
from tokenmon.api.app import create_api
from tokenmon.core.platform import ROLES, Role
from tokenmon.session import Session, open_session

ClientOf = Callable[[Role], Client]


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))
    monkeypatch.setenv("TOKENMON_TIMEZONE", "UTC")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    with open_session() as opened:
        yield opened


@pytest.fixture
def app(session: Session) -> FastAPI:
    return create_api(session)


@pytest.fixture
def client(app: FastAPI, session: Session) -> ClientOf:
    """A client for a role."""
    tokens = {role: add_key(session, role) for role in ROLES}
    return lambda role: Client(app, tokens[role])
