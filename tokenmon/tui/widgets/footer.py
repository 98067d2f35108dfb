"""The last line: the keys that are shown."""

from textual.widgets import Footer


class KeyFooter(Footer):
    """Textual's footer, without the keys of the past.

    Each key follows the footer's form by a watcher that the footer keeps until its form changes, which ours never does:
    every change of focus would leave a row of widgets behind.
    """

    async def recompose(self) -> None:
        """Show the present keys, and let go of those before."""
        await super().recompose()
        self.mutate_reactive(Footer.compact)
