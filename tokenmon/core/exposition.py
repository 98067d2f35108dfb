"""Prometheus's text format, version 0.0.4: families of numbers by labels, and the text that tells them.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tokenmon.core.money import decimal_text
from tokenmon.core.text import clean

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Pairs of names and values; the same pairs in the same order are the same series.
Labels = tuple[tuple[str, str], ...]
Number = int | Decimal

HELP_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n"})
VALUE_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})


@dataclass(frozen=True, slots=True)
class Family:
    """The numbers of one name; a series cannot be in it twice, for which a scraper would refuse the whole text."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    samples: Mapping[Labels, Number]

    def __post_init__(self) -> None:
        if (self.kind == "counter") is not self.name.endswith("_total"):
            raise ValueError(f"the names of counters, and no others, end in _total: {self.name}")


def labels_of(**values: str | None) -> Labels:
    """Labels whose values come from outside: cleaned and bounded, empty where there is none."""
    return tuple((name, clean(value) or "") for name, value in values.items())


def exposition(families: Iterable[Family]) -> str:
    """The text of families whose names differ."""
    # The same labels stand in many families.
    texts: dict[Labels, str] = {}
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {family.help.translate(HELP_ESCAPES)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        for labels, number in family.samples.items():
            text = texts.get(labels)
            if text is None:
                text = texts[labels] = _labels_text(labels)
            lines.append(f"{family.name}{text} {decimal_text(number) if isinstance(number, Decimal) else number}")
    return "".join(line + "\n" for line in lines)


def _labels_text(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{value.translate(VALUE_ESCAPES)}"' for name, value in labels) + "}"
