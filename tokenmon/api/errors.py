"""Failures as JSON: `{"error": {"message", "hint"}}`, whatever went wrong, with a status that fits.

The one place of the API that knows statuses; routes raise `TokenmonError` like the rest of tokenmon.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tokenmon.errors import ConfigError, ConflictError, NotFoundError, TemporaryError, TokenmonError

logger = logging.getLogger("tokenmon.api")

STATUSES: tuple[tuple[type[TokenmonError], int], ...] = (
    (ConfigError, 400),
    (NotFoundError, 404),
    (ConflictError, 409),
    (TemporaryError, 503),
)
RETRY_SECONDS = "2"


class RefusedError(TokenmonError):
    """A request that its caller may not make, with its own status (401 or 403)."""

    def __init__(self, status: int, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


def status_of(error: TokenmonError) -> int:
    """The HTTP status that tells of an error."""
    if isinstance(error, RefusedError):
        return error.status
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def error_response(
    status: int, message: str, *, hint: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer that tells of a failure."""
    return JSONResponse({"error": {"message": message, "hint": hint}}, status_code=status, headers=headers)


def _tokenmon_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, TokenmonError):
        raise error
    status = status_of(error)
    headers = {401: {"www-authenticate": "Bearer"}, 503: {"retry-after": RETRY_SECONDS}}.get(status)
    return error_response(status, error.message, hint=error.hint, headers=headers)


def validation_message(problems: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with which field, without the value: it could be a key."""
    return "; ".join(f"{_field(problem['loc'])}: {_sentence(problem['msg'])}" for problem in problems[:5])


def _field(location: Sequence[str | int]) -> str:
    return ".".join(str(part) for part in location if part not in ("body", "query", "path")) or "the body"


def _sentence(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _invalid_request(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    return error_response(422, validation_message(error.errors()), hint="GET /openapi.json describes every field")


# What the framework says by itself.
PLAIN_WORDS = {
    "Not Found": "there is no such route",
    "Method Not Allowed": "the route does not take this method",
}


def _http_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    hint = "GET /docs lists the routes" if error.status_code in (404, 405) else None
    detail = str(error.detail)
    message = PLAIN_WORDS.get(detail) or _sentence(detail)
    return error_response(error.status_code, message, hint=hint, headers=error.headers)


def _bug(_: Request, error: Exception) -> JSONResponse:
    logger.error("the API failed: %s", type(error).__name__)
    return error_response(500, "tokenmon failed on this request", hint="the proxy's log says where")


def install_error_answers(app: FastAPI) -> None:
    """Make every failure of an app answer in the one shape."""
    app.add_exception_handler(TokenmonError, _tokenmon_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _bug)
