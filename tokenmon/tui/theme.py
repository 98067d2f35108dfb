"""The dashboard's two own themes. Red and amber mean trouble and nothing else."""

import difflib
from collections.abc import Iterable

from textual.theme import Theme

from tokenmon.errors import ConfigError

# Charts: eight colours that people with any colour vision tell apart, none of them red or amber; neighbours differ in
# lightness too. Then the ramp of the heatmap.
DARK_CHARTS = {
    "series-1": "#58a6ff",
    "series-2": "#35d97a",
    "series-3": "#8d69ff",
    "series-4": "#e4f25c",
    "series-5": "#f7c6fb",
    "series-6": "#7d9f2c",
    "series-7": "#f4fbd0",
    "series-8": "#5f9e7e",
    "series-rest": "#8a93a0",
    "previous": "#6b7684",
    "heat-0": "#5d6878",
    "heat-1": "#3f8fe0",
    "heat-2": "#58a6ff",
    "heat-3": "#8cc4ff",
    "heat-4": "#d3e9ff",
}
LIGHT_CHARTS = {
    "series-1": "#0b62b8",
    "series-2": "#1f7a4d",
    "series-3": "#7a2a80",
    "series-4": "#5f7300",
    "series-5": "#2a10c8",
    "series-6": "#123047",
    "series-7": "#343d00",
    "series-8": "#8f2fd0",
    "series-rest": "#66707d",
    "previous": "#8791a0",
    "heat-0": "#97a1ae",
    "heat-1": "#3b86cf",
    "heat-2": "#2273c4",
    "heat-3": "#0f59a6",
    "heat-4": "#08315c",
}
# Our colours that Textual's own themes do not know.
DARK_DEFAULTS = {"muted": "#929ba8", **DARK_CHARTS}
LIGHT_DEFAULTS = {"muted": "#5d6673", **LIGHT_CHARTS}

DARK = Theme(
    name="tokenmon-dark",
    primary="#6cb6ff",
    secondary="#8ddb8c",
    accent="#6cb6ff",
    foreground="#d3dae3",
    background="#14171c",
    surface="#14171c",
    panel="#20252d",
    success="#8ddb8c",
    warning="#e0b252",
    error="#ff7b72",
    dark=True,
    variables=DARK_DEFAULTS,
)
LIGHT = Theme(
    name="tokenmon-light",
    primary="#0b62b8",
    secondary="#1a7f37",
    accent="#0b62b8",
    foreground="#1f2630",
    background="#fbfcfd",
    surface="#fbfcfd",
    panel="#e9edf2",
    success="#1a7f37",
    warning="#8a5a00",
    error="#b3261e",
    dark=False,
    variables=LIGHT_DEFAULTS,
)


def theme_name(wanted: str, known: Iterable[str]) -> str:
    """The name of a theme that there is; ConfigError with the nearest for any other."""
    names = sorted(known)
    if wanted in names:
        return wanted
    near = difflib.get_close_matches(wanted, names, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise ConfigError(
        f"dash.theme: there is no theme {wanted!r}", hint=f"{meant}tokenmon config set dash.theme {DARK.name}"
    )
