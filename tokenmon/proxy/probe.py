"""Whether a proxy of ours answers at an address: one short look at its health page."""

import http.client
import json

TIMEOUT_SECONDS = 0.5


def proxy_answers(host: str, port: int) -> bool:
    """Whether a tokenmon proxy listens there and answers within half a second; never raises."""
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        content = json.loads(answer.read(65536))
        return answer.status == 200 and isinstance(content, dict) and "journal_backlog_bytes" in content
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104  (a comparison)
