"""A reader of Prometheus's text format, written from its description alone and as strict as a scraper."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
META = re.compile(rf"# (HELP|TYPE) ({NAME}) (.+)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
ESCAPE = re.compile(r'\\(["\\n])')

Key = frozenset[tuple[str, str]]


@dataclass
class ScrapedFamily:
    """The numbers of one name."""

    help: str
    kind: str = ""
    samples: dict[Key, Decimal] = field(default_factory=dict)

    def total(self) -> Decimal:
        """All series together."""
        return sum(self.samples.values(), Decimal(0))

    def of(self, **labels: str) -> Decimal:
        """The number of the one series that has these labels and no others."""
        return self.samples[frozenset(labels.items())]


def scraped(text: str) -> dict[str, ScrapedFamily]:
    """The families of a text by name; AssertionError where the format's rules are broken."""
    assert text.endswith("\n")
    found: dict[str, ScrapedFamily] = {}
    name = ""
    for line in text.removesuffix("\n").split("\n"):
        if meta := META.fullmatch(line):
            if meta[1] == "HELP":
                assert meta[2] not in found, f"{meta[2]} is told in two places"
                name = meta[2]
                found[name] = ScrapedFamily(meta[3])
            else:
                assert (meta[2], found[name].kind, found[name].samples) == (name, "", {})
                assert meta[3] in ("counter", "gauge")
                found[name].kind = meta[3]
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample is not None, f"no sample: {line!r}"
        assert sample[1] == name
        assert found[name].kind
        labels = _labels(sample[2] or "")
        assert labels not in found[name].samples, f"the same series twice: {line!r}"
        found[name].samples[labels] = Decimal(sample[3])
    return found


def _labels(text: str) -> Key:
    pairs, at = [], 0
    while at < len(text):
        pair = PAIR.match(text, at)
        assert pair is not None, f"no label: {text[at:]!r}"
        pairs.append((pair[1], ESCAPE.sub(lambda one: "\n" if one[1] == "n" else one[1], pair[2])))
        at = pair.end()
    assert len({label for label, _ in pairs}) == len(pairs)
    return frozenset(pairs)
