"""The API called in-process, over a real session in a home of its own."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI

from tokenmon.core.platform import ClientKey, Role
from tokenmon.credentials import hash_client_key
from tokenmon.session import Session


@dataclass
class Client:
    """Calls an app with one client key (or none)."""

    app: FastAPI
    token: str | None = None

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; `options` are httpx's."""
        headers = {} if self.token is None else {"authorization": f"Bearer {self.token}"}
        headers |= options.pop("headers", {})

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8484") as client:
                return await client.request(method, path, headers=headers, **options)

        return asyncio.run(send())

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """POST."""
        return self.request("POST", path, **options)


def add_key(session: Session, role: Role) -> str:
    """Store a client key named for its role, and return its token."""
    token = f"tm-{role}-{'x' * 30}"
    created_at = datetime(2026, 11, 1, tzinfo=UTC)
    session.store.add_client_key(ClientKey(role, role, hash_client_key(token), token[-4:], created_at))
    return token
