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
Machines = Annotated[list[str] | None, _names("--machine", "Only calls that these machines recorded.")]

Where = Annotated[
    str | None,
    typer.Option(
        metavar="FILTER",
        help="Only calls that meet all terms, such as 'model:opus cost>0.10 status:error -project:x'.",
        rich_help_panel=FILTERS,
    ),
]


def _period(sentence: str) -> Any:
    return typer.Option(metavar="PERIOD", help=sentence, rich_help_panel=FILTERS)


# The words are those of core/period.py, which is not loaded for --help.
Since = Annotated[
    str | None, _period("Start: today, 7d, 24h, week, month, 2026-11, 2026-11-01, 20261101 or all; runs on to now.")
]
Until = Annotated[str | None, _period("End, inclusive: the same words.")]
Whole = Annotated[str | None, _period("The whole of one such period, such as 2026-11; in place of start and end.")]
Timezone = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="Time zone of days, such as Europe/Berlin.", rich_help_panel=FILTERS),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WORDS",
        help="Group by platform, provider, model, source, project, key, operation, status, error, tier, billing, "
        "machine, session, hour, day, week, month; more with commas.",
    ),
]
# What says how to tell or to count, and changes nothing by itself.
BESIDES = ("name", "json", "per", "period")


def changes_nothing(context: typer.Context) -> bool:
    """Whether a command that changes what is named was given nothing to change."""
    sources = {name: context.get_parameter_source(name) for name in context.params if name not in BESIDES}
    return all(source is None or source.name != "COMMANDLINE" for source in sources.values())


Compat = Annotated[
    str | None, typer.Option("--compat", metavar="ccusage", help="With --json: in the shape of that tool.")
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
    machine: list[str] | None = None,
    where: str | None = None,
    since: str | None = None,
    until: str | None = None,
    period: str | None = None,
    timezone: str | None = None,
) -> "Filter":
    """The filter that a command's options mean."""
    from tokenmon.analytics.queries import build_filter

    return build_filter(
        now=session.now(),
        timezone=timezone or session.settings.timezone,
        since=since,
        until=until,
        period=period,
        platforms=platform or (),
        providers=provider or (),
        models=model or (),
        sources=source or (),
        projects=project or (),
        keys=key or (),
        machines=machine or (),
        where=where,
    )
