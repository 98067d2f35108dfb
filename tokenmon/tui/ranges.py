"""The ranges that are offered: a period's word and what it is called."""

RANGES = (
    ("today", "Today"),
    ("yesterday", "Yesterday"),
    ("24h", "Last 24 hours"),
    ("week", "This week"),
    ("7d", "Last 7 days"),
    ("month", "This month"),
    ("30d", "Last 30 days"),
    ("90d", "Last 90 days"),
    ("12m", "Last 12 months"),
    ("all", "All time"),
)


def range_title(word: str) -> str:
    """What a range is called; the word itself where it is none of those offered."""
    return dict(RANGES).get(word, word)
