"""A limit on request bodies that answers in the API's own error shape; the framework's own answers in plain text."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 8 * 1024 * 1024
MESSAGE = f"the body is larger than {MAX_BODY_BYTES // 1024 // 1024} MB"


class BodyLimit:
    """ASGI middleware: reading a body past the limit raises the 413 that the app's error answers tell."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken = 0

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY_BYTES:
                # What is left of the body is never read, so the connection cannot carry another request.
                raise HTTPException(413, MESSAGE, headers={"connection": "close"})
            return message

        await self._app(scope, receive_limited, send)
