"""How a dashboard talks to the page that shows it: Textual's packets over pipes, for as long as the server lives."""

from textual.drivers.web_driver import WebDriver
from textual.messages import ExitApp


class PageDriver(WebDriver):
    """Textual's driver for pages; the dashboard ends when its stdin does, however the server came to its end."""

    def run_input_thread(self) -> None:
        """Read keys until there are no more, and then end the dashboard."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._app.post_message(ExitApp())
