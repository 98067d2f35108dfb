"""The palette's dynamic entries: a filter for every model, platform and project that was ever seen."""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.style import Style

from tokenmon.core.condition import Condition
from tokenmon.core.filter_language import filter_text
from tokenmon.core.text import clean
from tokenmon.errors import TokenmonError
from tokenmon.tui.messages import FilterWanted
from tokenmon.tui.shared import Shared

if TYPE_CHECKING:
    from tokenmon.storage.store import Store

FIELDS = ("model", "platform", "project", "key", "source", "machine")
# What is offered before anything is typed.
MOST_DISCOVERED = 5


class LabelCommands(Provider):
    """`Filter model: ...` and its like."""

    _entries: tuple[tuple[str, str], ...] = ()

    async def startup(self) -> None:
        """Read the labels, in a thread."""
        shared = getattr(self.app, "shared", None)
        if isinstance(shared, Shared):
            self._entries = await asyncio.to_thread(label_filters, shared.session.store)

    async def discover(self) -> Hits:
        """The first few models and platforms."""
        for title, where in self._entries[:MOST_DISCOVERED]:
            yield DiscoveryHit(Content(title), self._wanted(where), title, help="Filter every screen")

    async def search(self, query: str) -> Hits:
        """The labels that match what is typed."""
        matcher = self.matcher(query)
        for title, where in self._entries:
            score, places = matcher.fuzzy_search.match(matcher.query, title)
            if score > 0:
                shown = marked(title, places, matcher.match_style)
                yield Hit(score, shown, self._wanted(where), title, help="Filter every screen")

    def _wanted(self, where: str) -> "partial[bool]":
        return partial(self.app.post_message, FilterWanted(where))


def marked(title: str, places: Iterable[int], style: Style) -> Content:
    """A title with some of its characters in a style; unlike Textual's own it takes no name for markup."""
    shown = Content(title)
    for place in places:
        shown = shown.stylize(style, place, place + 1)
    return shown


def label_filters(store: "Store") -> tuple[tuple[str, str], ...]:
    """The title and the filter of every label; none while the database does not answer."""
    try:
        found = [(field, name) for field in FIELDS for name in store.labels(field)]
    except TokenmonError:
        return ()
    # What the filter language refuses, such as control characters, cannot be offered.
    return tuple(
        (f"Filter {field}: {name}", filter_text([Condition(field, "=", (name,))]))
        for field, name in found
        if clean(name) == name
    )
