"""Usage whose counters lie beside each other, as most agents log it: each count is of other tokens than the rest."""

from tokenmon.core.usage import TokenUsage


def usage_of_parts(
    *,
    uncached: int,
    output: int,
    cache_read: int = 0,
    cache_write: int = 0,
    reasoning: int = 0,
    total: int = 0,
) -> TokenUsage | None:
    """The usage of counters beside each other, reasoning beside the output too; None when they count nothing.

    What a total holds above its parts is output: tools that log no more than a total mostly write.
    """
    into, out = uncached + cache_read + cache_write, output + reasoning
    out += max(0, total - into - out)
    if not into + out:
        return None
    return TokenUsage(into, out, cache_read, cache_write, reasoning_output_tokens=reasoning)
