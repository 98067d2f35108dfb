"""`tokenmon demo`: a sample provider, the real proxy and a few hundred calls, in a throwaway home."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenmon.commands.dash import Picture
    from tokenmon.session import Session

app = typer.Typer(add_completion=False)


@app.command("demo")
def demo(
    calls: Annotated[int, typer.Option(min=20, max=100_000, metavar="N", help="How many calls to send.")] = 300,
) -> None:
    """Try everything with sample data, without a key."""
    run_and_show(calls=calls)


def run_and_show(
    *,
    calls: int = 300,
    once: bool = False,
    width: int | None = None,
    as_json: bool = False,
    period: str | None = None,
    first: str | None = None,
    picture: "Picture | None" = None,
    show_live: "Callable[[Session], None] | None" = None,
) -> None:
    """Run the demo and show its data: by `show_live`, or the dashboard on a terminal, else the sums or one frame."""
    from tokenmon.demo.runner import run_demo
    from tokenmon.output import has_screen, progress, say

    say("sample data: a throwaway home, a sample provider and the real proxy on this machine; no key, no network")

    def show(session: "Session") -> None:
        if show_live is not None:
            show_live(session)
        elif once or picture is not None or has_screen():
            from tokenmon.commands.dash import show as show_dashboard

            show_dashboard(
                session, once=once, width=width, as_json=as_json, period=period, first=first, picture=picture
            )
        else:
            _print_sums(session)

    with progress("calls") as bar:
        result = run_demo(calls=calls, on_progress=bar, show=show)
    say(f"{result.calls:,} calls through the proxy became {result.records:,} records in {result.seconds:.1f} s")
    say("the recorded tokens equal what the sample provider stated; nothing of this stays on disk")
    say("next, with a key of your own: tokenmon platform add openai --provider openai")


def _print_sums(session: "Session") -> None:
    from tokenmon.analytics.queries import build_filter, read_stats
    from tokenmon.commands.sums import print_stats

    now = session.now()
    timezone = session.settings.timezone
    wanted = build_filter(now=now, timezone=timezone)
    print_stats(read_stats(session.store, wanted, ("model",), now=now, quota_timezone=timezone))
