"""The dashboard's two own themes. Red and amber mean trouble and nothing else."""

from textual.theme import Theme

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
    variables={"muted": "#929ba8"},
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
    variables={"muted": "#5d6673"},
)
# For Textual's own themes: what our stylesheet asks beyond their colours.
FALLBACK_VARIABLES = {"muted": "#8a8f98"}
