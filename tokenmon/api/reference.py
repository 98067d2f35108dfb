"""The API's description: OpenAPI as JSON, and a page of our own that lists the routes.

The page loads nothing from anywhere: the usual viewers fetch their scripts from a content delivery network, which a
machine without internet cannot and a machine with keys should not.
"""

import html
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse

DESCRIPTION = (
    "Platforms, usage and reports over HTTP, on the proxy's port. Every route but /healthz, /docs and /openapi.json "
    "needs a client key (`tokenmon key create NAME --role ROLE`) as `Authorization: Bearer tm-...`, `x-api-key`, "
    "`api-key` or `x-goog-api-key`. Roles: `admin` may do everything, `member` call providers, report and read, "
    '`reporter` only report, `viewer` only read. Every failure is `{"error": {"message", "hint"}}`.'
)
CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
# What needs a client key.
GUARDED = ("/api/", "/v1/", "/metrics")
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]

# Answered by the server before this application; described here so that one document tells of all routes.
SERVED_ELSEWHERE: dict[str, Any] = {
    "/healthz": {
        "get": {
            "tags": ["server"],
            "summary": "Tell whether calls are recorded.",
            "operationId": "healthz",
            "responses": {"200": {"description": "`status` is `ok`, or `degraded` with the `problem` in words."}},
        }
    },
    "/api/proxy/{platform}/chat": {
        "post": {
            "tags": ["proxy"],
            "summary": "Call a platform's chat in OpenAI's format.",
            "description": "The body and the answer are those of OpenAI's chat completions, streams included. The call "
            "is recorded like any other. Needs the role `member` or `admin`.",
            "operationId": "chat",
            "security": SECURITY,
            "parameters": [{"name": "platform", "in": "path", "required": True, "schema": {"type": "string"}}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {
                "200": {"description": "The provider's answer, unchanged."},
                "401": {"description": "No client key, or one that is unknown or revoked."},
                "404": {"description": "No platform of this name."},
                "502": {"description": "The provider cannot be reached."},
            },
        }
    },
}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>tokenmon: HTTP API</title>
<meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color-scheme: light dark; }}
td {{ padding: .3rem 1rem .3rem 0; vertical-align: top; }} code {{ font-family: ui-monospace, monospace; }}
</style></head><body>
<h1>tokenmon: HTTP API</h1><p>{description}</p>
<table>{rows}</table>
<p>The whole description, for tools: <a href="/openapi.json">/openapi.json</a></p>
</body></html>
"""


def install_reference(app: FastAPI) -> None:
    """Add `/openapi.json` and `/docs` to an app whose routes are complete."""
    document = describe(app)
    page = page_of(document)

    @app.get("/openapi.json", include_in_schema=False)
    def openapi_json() -> JSONResponse:
        return JSONResponse(document)

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page, headers={"content-security-policy": CONTENT_POLICY})


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of every route on the port but the forwarding itself."""
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=DESCRIPTION, routes=app.routes
    )
    document["paths"].update(SERVED_ELSEWHERE)
    document.setdefault("components", {})["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    }
    for path, methods in document["paths"].items():
        if path.startswith(GUARDED):
            for operation in methods.values():
                operation["security"] = SECURITY
    return document


def page_of(document: dict[str, Any]) -> str:
    """The page that lists a document's routes."""
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>{html.escape(path)}</code></td>"
        f"<td>{html.escape(operation['summary'])}</td></tr>"
        for path, methods in sorted(document["paths"].items())
        for method, operation in methods.items()
    )
    return PAGE.format(description=html.escape(document["info"]["description"]), rows=rows)
