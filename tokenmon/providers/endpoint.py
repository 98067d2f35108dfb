"""What a request path means: the operation, the wire format of its answer, and whether a call of it is recorded."""

import functools
import re
from dataclasses import dataclass
from urllib.parse import unquote

from tokenmon.providers.provider import CostRule, Family, Provider
from tokenmon.providers.routes import ROUTES, Route, Wire


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One kind of call.

    `operation_name` is OpenTelemetry's (`chat`, `embeddings` ...). Only billable calls become records. `injectable`
    calls take `stream_options`. `path_model` is the model (or Azure deployment) that the path names, `is_stream` tells
    that the path itself asks for a stream. `cost_rule` is how the answer states its cost, `processing` how it is
    priced.
    """

    operation_name: str
    wire: Wire
    billable: bool
    injectable: bool = False
    path_model: str | None = None
    is_stream: bool = False
    cost_rule: CostRule | None = None
    processing: str | None = None


UNKNOWN = Endpoint("other", "none", billable=False)
DEPLOYMENT = re.compile(r"/deployments/([^/]+)/")


@functools.cache
def _patterns(family: Family) -> tuple[tuple[Route, re.Pattern[str]], ...]:
    return tuple((route, route.pattern()) for route in ROUTES[family])


def endpoint(spoken: Provider, method: str, path: str) -> Endpoint:
    """The kind of call that a method and path make at a provider; unknown paths are passed on unrecorded."""
    for family in spoken.families:
        for route, pattern in _patterns(family):
            if route.method == method and (match := pattern.search(path)):
                return _endpoint(spoken, route, match, path)
    return UNKNOWN


def _endpoint(spoken: Provider, route: Route, match: re.Match[str], path: str) -> Endpoint:
    if not route.billable:
        return UNKNOWN
    model = match.groupdict().get("model")
    if model is None and (deployment := DEPLOYMENT.search(path)):
        model = deployment[1]
    return Endpoint(
        route.operation_name,
        route.wire,
        billable=True,
        injectable=route.knows == "asked",
        path_model=None if model is None else unquote(model),
        is_stream=route.is_stream,
        cost_rule=spoken.cost_rule,
        processing=route.processing,
    )
