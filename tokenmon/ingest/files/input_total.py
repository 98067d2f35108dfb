"""The whole input where a tool counts cached tokens beside it or inside it, as its own total tells."""


def whole_input(base: int, cached: int, output: int, total: int | None) -> int:
    """The input with the cached tokens in it: `base` is what the tool calls input.

    The total decides; without one, a base smaller than its parts cannot include them, and any other does.
    """
    if not cached:
        return base
    if total == base + output:
        return base
    if total == base + cached + output:
        return base + cached
    return base if base >= cached else base + cached
