"""Other keys for the dashboard's bindings, as the setting `dash.keys` names them: `pause=space`."""

from collections.abc import Iterable, Sequence


def keymap_of(pairs: Sequence[str]) -> dict[str, str]:
    """Keys by a binding's id; pairs with the same id add up, so that a binding may have several keys."""
    keys: dict[str, list[str]] = {}
    for pair in pairs:
        name, _, key = pair.partition("=")
        keys.setdefault(name, []).append(key)
    return {name: ",".join(found) for name, found in keys.items()}


def unknown_ids(pairs: Sequence[str], known: Iterable[str]) -> list[str]:
    """The ids that no binding has, in order."""
    return [name for name in keymap_of(pairs) if name not in set(known)]
