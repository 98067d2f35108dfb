"""Errors of tokenmon's own in the shape of a provider, so that its SDK raises the class a caller expects.

Shapes: OpenAI's `{"error": {"message", "type", "param", "code"}}`, Anthropic's `{"type": "error", "error": {...}}`
and Google's `{"error": {"code", "message", "status"}}`.
"""

import json

from tokenmon.providers.registry import ErrorFormat

OPENAI_TYPES = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    403: "invalid_request_error",
    404: "invalid_request_error",
    413: "invalid_request_error",
    429: "insufficient_quota",
}
ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
}
GOOGLE_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def error_body(error_format: ErrorFormat, *, status: int, kind: str, message: str) -> bytes:
    """The JSON body of an error; `kind` is tokenmon's own name for it."""
    if error_format == "anthropic":
        content: dict[str, object] = {
            "type": "error",
            "error": {"type": ANTHROPIC_TYPES.get(status, "api_error"), "message": message},
        }
    elif error_format == "gemini":
        content = {"error": {"code": status, "message": message, "status": GOOGLE_STATUS.get(status, "INTERNAL")}}
    else:
        code = "invalid_api_key" if status == 401 else kind
        content = {
            "error": {"message": message, "type": OPENAI_TYPES.get(status, "api_error"), "param": None, "code": code}
        }
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
