"""The options that read commands share: the same words everywhere."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tokenmon.core.query import Filter
    from tokenmon.session import Session

FILTERS = "Filters"


def _names(flag: str, sentence: str) -> Any:
    return typer.Option(flag, metavar="NAME", help=sentence + " (repeatable; * and ? match)", rich_help_panel=FILTERS)


Platforms = Annotated[list[str] | None, _names("--platform", "Only these platforms.")]
Providers = Annotated[list[str] | None, _names("--provider", "Only these providers.")]
Models = Annotated[list[str] | None, _names("--model", "Only these models.")]
Sources = Annotated[list[str] | None, _names("--source", "Only calls from these sources.")]
Projects = Annotated[list[str] | None, _names("--project", "Only these projects.")]
Keys = Annotated[list[str] | None, _names("--key", "Only these client keys.")]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="PERIOD", help="Start: today, 7d, 24h, month, 2026-11, 2026-11-01 or all.", rich_help_panel=FILTERS
    ),
]
Until = Annotated[
    str | None, typer.Option(metavar="PERIOD", help="End, inclusive: the same words.", rich_help_panel=FILTERS)
]
Timezone = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="Time zone of days, such as Europe/Berlin.", rich_help_panel=FILTERS),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WORDS",
        help="Group by platform, provider, model, source, project, key, operation, status, error, tier, billing, "
        "session, hour, day, week, month; more with commas.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NoInput = Annotated[bool, typer.Option("--no-input", help="Never ask; fail and name the option instead.")]


def filter_of(
    session: "Session",
    *,
    platform: list[str] | None = None,
    provider: list[str] | None = None,
    model: list[str] | None = None,
    source: list[str] | None = None,
    project: list[str] | None = None,
    key: list[str] | None = None,
    since: str | None = None,
    until: str | None = None,
    timezone: str | None = None,
) -> "Filter":
    """The filter that a command's options mean."""
    from tokenmon.analytics.queries import build_filter

    return build_filter(
        now=session.now(),
        timezone=timezone or session.settings.timezone,
        since=since,
        until=until,
        platforms=platform or (),
        providers=provider or (),
        models=model or (),
        sources=source or (),
        projects=project or (),
        keys=key or (),
    )
