"""`tokenmon dash`: the live dashboard, or one frame of it."""

import re
from dataclasses import dataclass
from pathlib import Path
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
    screen: Annotated[
        str | None, typer.Option("--screen", metavar="NAME", help="The screen to open first, such as calls.")
    ] = None,
    screenshot: Annotated[
        Path | None, typer.Option("--screenshot", metavar="FILE", help="Write a screen as an SVG picture and exit.")
    ] = None,
    size: Annotated[str, typer.Option("--size", metavar="COLSxLINES", help="The size of the picture.")] = "120x40",
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
    from tokenmon.output import has_screen
    from tokenmon.session import open_session
    from tokenmon.tui.tabs import screen_name
    from tokenmon.tui.web import is_page

    if (json or width is not None or period is not None) and not once:
        raise ConfigError("--json, --width and --period belong to one frame", hint="tokenmon dash --once --json")
    first = screen_name(screen)
    picture = None if screenshot is None else Picture(screenshot, _cells(size))
    if once and (screen is not None or picture is not None):
        raise ConfigError(
            "--once prints the overview as text", hint="tokenmon dash --screenshot calls.svg --screen calls"
        )
    if (serve and (once or picture is not None)) or (port is not None and not serve):
        raise ConfigError("--serve goes with --port, and without --once", hint="tokenmon dash --serve --port 0")
    if serve:
        from tokenmon.commands.dash_web import serve_dashboard

        serve_dashboard(port=port, demo=demo, first=first)
        return
    if not once and picture is None and not has_screen() and not is_page():
        raise ConfigError("the dashboard needs a terminal", hint="one frame for a pipe: tokenmon dash --once")
    if demo:
        run_and_show(once=once, width=width, as_json=json, period=period, first=first, picture=picture)
        return
    with open_session() as session:
        show(session, once=once, width=width, as_json=json, period=period, first=first, picture=picture)


@dataclass(frozen=True)
class Picture:
    """A picture that is wanted: its file, and its columns and lines."""

    path: Path
    cells: tuple[int, int]


def _cells(size: str) -> tuple[int, int]:
    """Columns and lines of a size such as 120x40."""
    from tokenmon.errors import ConfigError

    match = re.fullmatch(r"(\d{2,3})x(\d{2,3})", size)
    columns, lines = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (40 <= columns <= 400 and 16 <= lines <= 200):
        raise ConfigError(f"cannot read the size {size[:20]!r}", hint="from 40x16 to 400x200, such as 120x40")
    return columns, lines


def show(
    session: "Session",
    *,
    once: bool,
    width: int | None = None,
    as_json: bool = False,
    period: str | None = None,
    first: str | None = None,
    picture: Picture | None = None,
) -> None:
    """Show the dashboard over a session: live, as a picture, as one frame, or as JSON."""
    from tokenmon.output import print_json, print_line, terminal_width

    if not once:
        _show_screen(session, first, picture)
        return
    from tokenmon.tui.frame import render_frame, snapshot_json

    if as_json:
        print_json(snapshot_json(session, period=period))
    else:
        print_line(render_frame(session, width=width or terminal_width(), period=period))


def _show_screen(session: "Session", name: str | None, picture: Picture | None) -> None:
    """The live dashboard, or a picture of it."""
    from functools import partial

    from tokenmon.commands.platform_form import check_stored
    from tokenmon.output import say, write_whole
    from tokenmon.tui.tabs import screen_name

    first, check = screen_name(name), partial(check_stored, session)
    if picture is None:
        from tokenmon.tui.app import run_dashboard

        run_dashboard(session, first=first, check=check)
        return
    from tokenmon.tui.picture import take_picture

    drawn = take_picture(session, screen=first, size=picture.cells, check=check)
    if write_whole(picture.path, lambda file: file.write(drawn)) is not None:
        say(f"wrote a picture of the {first} screen to {picture.path}")
