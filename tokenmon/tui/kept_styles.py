"""Lets go of what Textual remembers of widgets that are gone."""

from textual._styles_cache import StylesCache

# More pairs of colours than the widgets of all screens have.
MOST_KEPT = 256


def forget_removed() -> None:
    """Forget the pairs of colours of widgets, once there are many: with each goes what it keeps alive.

    `StylesCache.get_inner_outer` is a method behind an `lru_cache` of 1,024 entries, whose keys hold the widget's own
    cache, and that all lines that it ever drew: each opening of a dialog left one megabyte. What is still in use is
    reckoned anew when it is next drawn, in microseconds.
    """
    cached = StylesCache.get_inner_outer
    if cached.cache_info().currsize > MOST_KEPT:
        cached.cache_clear()
