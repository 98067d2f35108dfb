"""`tokenmon dash --serve`: the dashboard in a browser on this machine, until it is stopped."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenmon.session import Session


def serve_dashboard(*, first: str, port: int | None = None, demo: bool = False) -> None:
    """Serve the dashboard, of sample data if it is the demo's; the address with its token is said on stderr."""
    from tokenmon.commands.demo import run_and_show
    from tokenmon.output import say
    from tokenmon.session import open_session
    from tokenmon.tui.app import check_settings
    from tokenmon.tui.web.server import COMMAND, listen, serve_pages

    def tell(url: str) -> None:
        say(f"the dashboard is shown in browsers on this machine (Ctrl-C stops), at\n{url}")

    def show(_: "Session") -> None:
        serve_pages(listener, on_ready=tell, on_stopped=lambda: say("stopped"), command=(*COMMAND, "--screen", first))

    with listen(port) as listener:
        if demo:
            run_and_show(show_live=show)
            return
        # A database that cannot be opened and a key that cannot be are told here, not page by page.
        with open_session() as session:
            session.store.platforms()
            check_settings(session.settings)
        show(session)
