"""The HTTP API's application: the routes of `/api`, `/v1` (OTLP), `/metrics`, `/docs` and `/openapi.json`.

The server puts it on the proxy's port, behind the check of Host and Origin, and answers the hot paths
(`/{platform}/...`, `/api/proxy/...`) and `/healthz` itself; this file only describes those.
"""

from collections.abc import Callable

from fastapi import FastAPI

from tokenmon import __version__
from tokenmon.api import metrics, otlp, platforms, reference, usage
from tokenmon.api.access import KeyRing
from tokenmon.api.errors import install_error_answers
from tokenmon.api.limit import BodyLimit
from tokenmon.core.process_state import ProcessState
from tokenmon.session import Session


def create_api(session: Session, process: Callable[[], ProcessState] | None = None) -> FastAPI:
    """The API over an open session; its routes may run in several threads at once.

    `process` tells of the proxy that the API belongs to, from any thread.
    """
    app = FastAPI(
        title="tokenmon",
        summary="What your AI API tokens cost.",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Spans and logs of failed validations would carry bodies, and bodies carry keys.
        telemetry={
            "tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False,
        },
    )  # fmt: skip
    app.state.session = session
    app.state.key_ring = KeyRing()
    app.state.otlp = otlp.OtlpDesk(session)
    app.state.metrics = metrics.MetricsDesk(session, process)
    app.add_middleware(BodyLimit)
    install_error_answers(app)
    app.include_router(platforms.router)
    app.include_router(usage.router)
    app.include_router(otlp.router)
    app.include_router(metrics.router)
    reference.install_reference(app)
    return app
