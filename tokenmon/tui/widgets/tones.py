"""The colours of tones, from the theme's variables, at the moment of drawing, so that another theme shows at once.

No component classes: Textual works out the style of each of them for each widget whenever anything about the widget
changes, and with twenty tones that was a third of the time to the first frame.
"""

from functools import lru_cache

from rich.style import Style
from textual.color import Color, ColorParseError
from textual.widget import Widget

from tokenmon.tui.texts import Tone

# The variables of tones that are not named as they are.
VARIABLES: dict[str, str] = {"strong": "foreground", "good": "success"}


def tone_style(widget: Widget, tone: Tone) -> Style:
    """The colour of a tone under the present theme; it leaves the background alone."""
    if tone == "plain":
        return Style.null()
    return _style(widget.app.theme_variables[VARIABLES.get(tone, tone)], tone == "strong")


@lru_cache(maxsize=256)
def _style(colour: str, is_bold: bool) -> Style:
    try:
        return Style(color=Color.parse(colour).rich_color, bold=is_bold or None)
    except ColorParseError:
        # A theme may leave a colour to what lies behind it.
        return Style(bold=is_bold or None)
