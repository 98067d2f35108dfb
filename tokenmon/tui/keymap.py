"""Other keys for the dashboard's bindings, as the setting `dash.keys` names them: `pause=f9`."""

import difflib
import unicodedata
from collections.abc import Iterable, Sequence

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from tokenmon.errors import ConfigError
from tokenmon.tui.bindings import EVERYWHERE, Place

MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
NAMED_KEYS = frozenset(key.value for key in Keys if not key.value.startswith("<")) | {*KEY_NAME_REPLACEMENTS.values()}
HINT = "tokenmon config set dash.keys pause=f9"


def checked_keymap(pairs: Sequence[str], found: Sequence[Place]) -> dict[str, str]:
    """Keys by a binding's id; pairs with the same id add up, so that a binding may have several keys.

    ConfigError for an id that no binding has, for what is no key, and for a key that would do two things in one place.
    """
    keys: dict[str, list[str]] = {}
    for pair in pairs:
        name, _, key = pair.partition("=")
        keys.setdefault(name, []).append(key_name(key))
    known = {one.id: one for place in found for one in place.bindings if one.id}
    for name, its_keys in keys.items():
        _check(name, its_keys, known)
    keymap = {name: ",".join(its_keys) for name, its_keys in keys.items()}
    _check_clashes(keymap, found)
    return keymap


def key_name(key: str) -> str:
    """A key as bindings name it, `?` being `question_mark`; ConfigError for what no keyboard sends."""
    *before, last = key.split("+") if key != "+" else [key]
    name = _sign_name(last) if len(last) == 1 else last
    is_key = name in NAMED_KEYS or key_to_character(name) is not None
    if not is_key or any(part not in MODIFIERS for part in before):
        near = difflib.get_close_matches(key, NAMED_KEYS, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise ConfigError(
            f"dash.keys: there is no key {key[:30]!r}", hint=f"{meant}keys are such as space, f5, ctrl+k, K and ?"
        )
    return "+".join([*before, name])


def _sign_name(sign: str) -> str:
    if sign.isalnum():
        return sign
    name = unicodedata.name(sign, "").lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _check(name: str, keys: Iterable[str], known: dict[str, Binding]) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise ConfigError(
            f"dash.keys: there is no binding {name[:30]!r}", hint=f"{meant}the help (?) in tokenmon dash names them"
        )
    if known[name].priority and any(len(key) == 1 or key == "space" for key in keys):
        raise ConfigError(f"dash.keys: {name} cannot be on a key that types", hint=f"such as {name}=f10")


def _check_clashes(keymap: dict[str, str], found: Sequence[Place]) -> None:
    everywhere = next(place.bindings for place in found if place.title == EVERYWHERE)
    for place in found:
        # In a dialog the application's keys rest.
        also = everywhere if place.is_screen else ()
        taken: dict[str, str] = {}
        for binding in (*also, *place.bindings):
            name = binding.id or binding.action
            for key in keymap.get(name, binding.key).split(","):
                other = taken.setdefault(key, name)
                if other != name and (name in keymap or other in keymap):
                    where = "" if place.title == EVERYWHERE else f" on {place.title}"
                    raise ConfigError(
                        f"dash.keys: {other} and {name} are both on {key}{where}", hint=f"give one another key: {HINT}"
                    )
