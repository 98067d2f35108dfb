"""Routes of usage: the calls, their sums, and reports of calls made elsewhere.

The answers are those of the command line with `--json`, made by the same functions.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from tokenmon.analytics.queries import build_filter, groupings, read_stats, stats_json
from tokenmon.api.access import Reader, Reporter
from tokenmon.api.report import read_items, report
from tokenmon.api.surroundings import SessionOf
from tokenmon.core.period import WORDS
from tokenmon.core.query import Filter
from tokenmon.core.record_json import record_json
from tokenmon.session import Session

router = APIRouter(prefix="/api/usage", tags=["usage"])

MAX_LIMIT = 10_000
Names = Annotated[list[str], Field(description="Any of these; `*` and `?` match any text.")]
Moment = Annotated[str | None, Field(description=f"{WORDS}, or a time.")]
REPORT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "description": "One object or a list of them, with the names of `/api/usage/logs`; or the short "
                    "form platformId, model, promptTokens, completionTokens, totalTokens.",
                    "anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}],
                }
            }
        },
    },
    "responses": {
        "200": {"description": "All items are stored."},
        "207": {"description": "`stored` holds the good items, `errors` names index and field of the bad ones."},
        "422": {"description": "No item could be stored; `errors` says why."},
    },
}


class FilterQuery(BaseModel):
    """The filters of the command line. A parameter that is not known is an error: it would silently filter nothing."""

    model_config = ConfigDict(extra="forbid")

    platform: Names = []
    provider: Names = []
    model: Names = []
    source: Names = []
    project: Names = []
    key: Names = []
    machine: Names = []
    where: Annotated[
        str | None,
        Field(description="Terms that must all hold, such as `model:opus cost>0.10 status:error -project:x`."),
    ] = None
    since: Moment = None
    until: Moment = None
    period: Annotated[str | None, Field(description="The whole of one such period, in place of both ends.")] = None
    timezone: Annotated[str | None, Field(description="An IANA name; the configured one when left out.")] = None

    def filter(self, session: Session) -> Filter:
        """The filter that these parameters mean now."""
        return build_filter(
            now=session.now(),
            timezone=self.timezone or session.settings.timezone,
            since=self.since,
            until=self.until,
            period=self.period,
            platforms=self.platform,
            providers=self.provider,
            models=self.model,
            sources=self.source,
            projects=self.project,
            keys=self.key,
            machines=self.machine,
            where=self.where,
        )


class LogsQuery(FilterQuery):
    """Filters, and how many."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 100


class StatsQuery(FilterQuery):
    """Filters, and how to group."""

    by: Annotated[list[str], Field(description="day,model and the like: labels, and at most one span of time.")] = []


@router.get("/logs", summary="List calls, newest first.")
def logs(session: SessionOf, _: Reader, query: Annotated[LogsQuery, Query()]) -> JSONResponse:
    """The array of `tokenmon logs --json`."""
    return JSONResponse([record_json(one) for one in session.store.records(query.filter(session), limit=query.limit)])


@router.get("/stats", summary="Sum calls by period, label or both.")
def stats(session: SessionOf, _: Reader, query: Annotated[StatsQuery, Query()]) -> JSONResponse:
    """The object of `tokenmon stats --json`; the groups add up to the totals."""
    found = read_stats(
        session.store,
        query.filter(session),
        groupings(query.by),
        now=session.now(),
        quota_timezone=session.settings.timezone,
    )
    return JSONResponse(stats_json(found))


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("/report", summary="Report calls made elsewhere.", openapi_extra=REPORT_BODY)
def report_usage(session: SessionOf, key: Reporter, body: Annotated[bytes, Depends(_body)]) -> JSONResponse:
    """Good items are stored, each call once, so a list may be sent again after mending its bad items."""
    answer = report(session, key, read_items(body))
    return JSONResponse(answer.content, status_code=answer.status)
