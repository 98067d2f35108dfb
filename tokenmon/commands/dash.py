"""`tokenmon dash`: the live dashboard, or one frame of it."""

from typing import TYPE_CHECKING, Annotated

import typer

from tokenmon.commands.options import AsJson, Whole

if TYPE_CHECKING:
    from tokenmon.session import Session

app = typer.Typer(add_completion=False)


@app.command("dash")
def dash(
    once: Annotated[bool, typer.Option("--once", help="Print one frame and exit.")] = False,
    width: Annotated[
        int | None, typer.Option(min=40, max=400, metavar="N", help="Columns of the frame; the terminal's if not set.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Show sample data.")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="Show it in a browser on this machine.")] = False,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, metavar="PORT", help="Of --serve: 8485 if not set; 0 takes a free one."),
    ] = None,
    period: Whole = None,
    json: AsJson = False,
) -> None:
    """Open the live dashboard."""
    from tokenmon.commands.demo import run_and_show
    from tokenmon.errors import ConfigError
    from tokenmon.output import is_terminal
    from tokenmon.session import open_session
    from tokenmon.tui.web import is_page

    if (json or width is not None or period is not None) and not once:
        raise ConfigError("--json, --width and --period belong to one frame", hint="tokenmon dash --once --json")
    if (once and serve) or (port is not None and not serve):
        raise ConfigError("--serve goes with --port and without --once", hint="tokenmon dash --serve --port 0")
    if serve:
        from tokenmon.commands.dash_web import serve_dashboard

        serve_dashboard(port=port, demo=demo)
        return
    if not once and not is_terminal() and not is_page():
        raise ConfigError("the dashboard needs a terminal", hint="one frame for a pipe: tokenmon dash --once")
    if demo:
        run_and_show(once=once, width=width, as_json=json, period=period)
        return
    with open_session() as session:
        show(session, once=once, width=width, as_json=json, period=period)


def show(
    session: "Session", *, once: bool, width: int | None = None, as_json: bool = False, period: str | None = None
) -> None:
    """Show the dashboard over a session: live, as one frame, or as JSON."""
    from tokenmon.output import print_json, print_line, terminal_width

    if not once:
        from tokenmon.tui.app import run_dashboard

        run_dashboard(session)
        return
    from tokenmon.tui.frame import render_frame, snapshot_json

    if as_json:
        print_json(snapshot_json(session, period=period))
    else:
        print_line(render_frame(session, width=width or terminal_width(), period=period))
