"""The quotas: how much of each is used and where it is going, what providers say themselves, and the alerts sent."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll

from tokenmon.analytics.quotas import QuotaWord
from tokenmon.core.number_text import duration_text
from tokenmon.tui import quota_texts, texts
from tokenmon.tui.asking import Asking
from tokenmon.tui.official_texts import official_lines
from tokenmon.tui.reading.quotas import ORDERS, Quota, QuotasSnapshot, read_quotas
from tokenmon.tui.screens.accounts import AccountsScreen, hidden_words, row_text
from tokenmon.tui.shared import Shared
from tokenmon.tui.sheet import Exporting
from tokenmon.tui.texts import Line, Part
from tokenmon.tui.widgets.card_list import Card, CardList
from tokenmon.tui.widgets.lines_view import LinesView

TROUBLE: tuple[tuple[QuotaWord, str], ...] = (("exceeded", "exceeded"), ("warning", "near the limit"))


class QuotasScreen(AccountsScreen[QuotasSnapshot]):
    """Every quota of this month as a card; forms add and change them."""

    NAME = "quotas"
    CSS_PATH = "quotas.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add", id="add-quota"),
        Binding("E,enter", "edit", "Edit", key_display="E", id="edit-quota"),
        Binding("x,delete", "remove", "Remove", key_display="x", id="remove-quota"),
        Binding("o", "breakdown", "Where its month went", show=False, id="quota-breakdown"),
        Binding("s", "sort(1)", "Sort by the next: fullest, platform, runs out", show=False, id="sort"),
        Binding("S", "sort(-1)", "Sort by the one before", show=False, id="sort-back"),
    ]

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._order = ORDERS[0]

    def question(self) -> Callable[[Asking], QuotasSnapshot]:
        """Quotas, official limits and alerts."""
        return partial(read_quotas, order=self._order)

    def compose_content(self) -> ComposeResult:
        """The cards, what providers say below, the alerts below or beside."""
        with Vertical(id="quotas-left"):
            yield CardList(id="cards")
            yield LinesView(id="official")
        with VerticalScroll(id="alerts-scroll"):
            yield LinesView(id="alerts")

    def on_mount(self) -> None:
        """Name the panels."""
        super().on_mount()
        self.query_one("#official").border_title = "What providers say is used"
        self.query_one("#alerts-scroll").border_title = "Alerts sent"

    def instead(self, found: QuotasSnapshot) -> list[str]:
        """The first steps while there is no quota."""
        if found.quotas or found.official or found.alerts:
            return []
        return _empty_words(found)

    def headline(self) -> Line:
        """The month, how many quotas are in trouble, and the order."""
        found: QuotasSnapshot | None = self.snapshot
        if found is None or found.period.start is None or found.period.end is None:
            return ()
        start = found.period.start.astimezone(self.shared.place)
        left = duration_text(found.period.end - found.as_of)
        line: Line = (Part(f"{start:%B %Y}", "strong"), Part(f"  ends in {left}", "muted"))
        states = [one.state.state for one in found.quotas]
        for state, words in TROUBLE:
            if count := states.count(state):
                word, tone = texts.QUOTA_WORDS[state]
                line = (*line, Part("   "), Part(f"{word.split()[0]} {count} {words}", tone))
        if found.hidden:
            line = (*line, Part(f"   the filter hides {found.hidden}", "muted"))
        if len(found.quotas) > 1:
            line = (*line, Part(f"   by {self._order}", "muted"))
        return line

    def show(self, found: QuotasSnapshot) -> None:
        """Bring the panels to the snapshot."""
        place, cards = self.shared.place, self.query_one(CardList)
        cards.marks, cards.space = self.shared.marks, 0 if self.has_class("short") else 1
        rule = quota_texts.usual_rule(found.quotas)
        cards.border_title = f"Quotas, forecast {rule}" if rule and not self.has_class("narrow") else "Quotas"
        cards.show(partial(self._cards, found))
        official, alerts = self.query_one("#official", LinesView), self.query_one("#alerts", LinesView)
        official.display = bool(found.official)
        official.show(lambda width: _official(found, self.shared, width))
        alerts.show(lambda width: quota_texts.alert_lines(found, place, width=width))
        if self.focused is None:
            cards.focus()

    def _cards(self, found: QuotasSnapshot, width: int) -> list[Card]:
        if not found.quotas:
            lines = tuple((Part(texts.fitted(line, width), "muted"),) for line in _empty_words(found))
            return [Card("", lines)]
        shared, name = self.shared, quota_texts.name_cells(found.quotas, width)
        usual = quota_texts.usual_rule(found.quotas)
        return [
            Card(one.platform, quota_texts.card_lines(
                one, now=found.as_of, place=shared.place, numbers=shared.numbers, marks=shared.marks, width=width,
                name=name, usual=usual,
            ))
            for one in found.quotas
        ]  # fmt: skip

    # The quota under the cursor

    def _held(self) -> Quota | None:
        found: QuotasSnapshot | None = self.snapshot
        key = self.query_one(CardList).cursor_key
        return None if found is None else next((one for one in found.quotas if one.platform == key), None)

    def copied(self) -> str | None:
        """The quota under the cursor."""
        held, found = self._held(), self.snapshot
        if held is None:
            return None
        sheet = quota_texts.quota_sheet(found)
        return row_text(next(row for row in sheet.rows if row[0] == held.platform))

    def exporting(self) -> Exporting | None:
        """The quotas, in the order shown."""
        found: QuotasSnapshot | None = self.snapshot
        if found is None or not found.quotas:
            return None
        return Exporting("quotas", quota_texts.quota_sheet(found).write)

    def action_breakdown(self) -> None:
        """Go to what this month's calls of the platform were."""
        held = self._held()
        if held is not None:
            self.open_month(held.platform)

    def action_sort(self, steps: int) -> None:
        """Show them in another order."""
        self._order = ORDERS[(ORDERS.index(self._order) + steps) % len(ORDERS)]
        self.reload()

    # Changing

    def action_add(self) -> None:
        """Ask for a quota of a platform that has none."""
        from tokenmon.tui.screens.quota_form import QuotaForm

        found: QuotasSnapshot | None = self.snapshot
        if found is None:
            return
        if found.without:
            self.app.push_screen(QuotaForm(self.shared.session, found.without), self._stored)
        elif found.platforms:
            self.notify("Every platform has a quota; E changes one.")
        else:
            self.notify("There is no platform to limit yet: tokenmon platform add openai --provider openai")

    def action_edit(self) -> None:
        """Change the quota under the cursor."""
        from tokenmon.tui.screens.quota_form import QuotaForm

        held = self._held()
        if held is not None:
            form = QuotaForm(self.shared.session, (held.platform,), held.state.quota)
            self.app.push_screen(form, self._stored)

    @on(CardList.Chosen)
    def chosen(self) -> None:
        """A second click."""
        self.action_edit()

    def _stored(self, platform: str | None) -> None:
        if platform is not None:
            self.query_one(CardList).wish(platform)
            self.reload()
            self.notify(f"The quota of {platform} is stored.", markup=False)

    def action_remove(self) -> None:
        """Forget the quota under the cursor, once that is agreed to."""
        held, store = self._held(), self.shared.session.store
        if held is None:
            return
        name = held.platform

        def forget() -> None:
            store.replace_platform(replace(store.platform(name), quota=None))

        lines = [f"The quota of {name} is forgotten; nobody is warned any more.", "Its calls and costs stay."]
        self.ask_to_remove("Remove the quota", lines, remove=forget, done=self.reload)

    def palette(self) -> Iterable[SystemCommand]:
        """What can be done here."""
        yield SystemCommand("Add a quota", "For a platform that has none", self.action_add)
        if self._held() is not None:
            yield SystemCommand("Change this quota", "Key E", self.action_edit)
            yield SystemCommand("Remove this quota", "Key x", self.action_remove)


def _official(found: QuotasSnapshot, shared: Shared, width: int) -> list[Line]:
    """What providers say of windows that run, and how many have ended since."""
    every = len(found.official)
    lines = official_lines(found.official, now=found.as_of, place=shared.place, width=width, most=every)
    if over := every - len(lines):
        words = f"{over} window{'' if over == 1 else 's'} reset since, and nothing newer heard"
        lines.append((Part(texts.fitted(words, width), "muted"),))
    return lines


def _empty_words(found: QuotasSnapshot) -> list[str]:
    if found.hidden:
        return hidden_words(found.hidden, "quota")
    if not found.platforms:
        return [
            "No quota yet, and no platform to limit.", "", "  6    opens the platforms, where a adds one",
            "       or: tokenmon platform add openai --provider openai",
        ]  # fmt: skip
    return [
        "No quota yet: nothing warns when a platform's month gets dear.", "", "  a    adds one",
        f"       or: tokenmon quota add {found.without[0]} '100 USD'",
    ]  # fmt: skip
