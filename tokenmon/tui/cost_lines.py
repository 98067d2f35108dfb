"""Where a call's cost came from, as lines: how it is known, then each count times its rate, and their sum."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal

from rich.cells import cell_len

from tokenmon.core.money import NANO
from tokenmon.core.number_text import LIST_PRICE_VALUE
from tokenmon.core.price_words import per_text
from tokenmon.core.pricing import CostItem
from tokenmon.core.record import UsageRecord
from tokenmon.ingest.cost_origin import CostOrigin, PricedPass
from tokenmon.tui.names import name_text
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.texts import Line, Part, Tone, fitted, padded, wrapped

SOURCE_WORDS = {
    "provider": "as the provider stated it",
    "override": "by your own prices",
    "catalogue": "by the price list",
    "free": "free of charge",
    "unpriced": "no price is known",
}
UNIT_WORDS = {
    "input_tokens": "Input",
    "cache_read_tokens": "Cache reads",
    "cache_write_tokens": "Cache writes",
    "cache_write_5m_tokens": "Cache writes 5 min",
    "cache_write_1h_tokens": "Cache writes 1 h",
    "input_audio_tokens": "Audio in",
    "output_tokens": "Output",
    "output_reasoning_tokens": "Reasoning",
    "output_audio_tokens": "Audio out",
    "requests": "The call",
}
ORDER = {unit: at for at, unit in enumerate(UNIT_WORDS)}
# Below this width a product stands below its name.
ONE_LINE = 50
NAME_CELLS = 19


def cost_lines(record: UsageRecord, origin: CostOrigin | None, numbers: Numbers, *, width: int) -> list[Line]:
    """The cost with its arithmetic; `origin` is None until the rates were looked up."""
    cost = Part(numbers.money(record.cost), "strong" if record.cost is not None else "muted")
    lines: list[Line] = [(Part("Cost  ", "strong"), cost, Part(f"  {_how(record)}", "muted"))]
    if record.billing == "subscription":
        lines += _said(f"a subscription pays for it: this is its {LIST_PRICE_VALUE}, not spent", width)
    if record.usage is None:
        return [*lines, *_said("the call states no usage, so there is nothing to price", width)]
    if origin is None:
        return [*lines, (Part("looking up the rates ...", "muted"),)]
    if record.cost_source == "provider" and any(one.items for one in origin.passes):
        lines += _said("the rates below are for comparison:", width)
    amounts = _Amounts(origin, numbers)
    for one in origin.passes:
        lines += _pass_lines(one, amounts, width)
    return [*lines, *_sum(origin, amounts, width), *_origins(origin, width), *_verdict(record, origin, numbers, width)]


def _how(record: UsageRecord) -> str:
    return "nothing to price" if record.usage is None and record.cost is None else SOURCE_WORDS[record.cost_source]


def _said(text: str, width: int, tone: Tone = "muted") -> list[Line]:
    return [(Part(piece, tone),) for piece in wrapped(text, max(20, width))]


class _Amounts:
    """Amounts below each other, their decimal points too."""

    def __init__(self, origin: CostOrigin, numbers: Numbers) -> None:
        self.numbers = numbers
        self._count_cells = max((len(numbers.count(one.count)) for one in _items(origin)), default=0)
        self._digits = max((self._digits_of(self._text(one.amount)) for one in _items(origin)), default=0)

    def __call__(self, amount: Decimal) -> str:
        text = self._text(amount)
        return text + " " * max(0, self._digits - self._digits_of(text))

    def count(self, number: int) -> str:
        """A count, as wide as the widest of them."""
        return self.numbers.count(number).rjust(self._count_cells)

    def _text(self, amount: Decimal) -> str:
        return self.numbers.money(amount.quantize(NANO, ROUND_HALF_EVEN))

    def _digits_of(self, text: str) -> int:
        return len(text) - text.rfind(self.numbers.decimal)


def _pass_lines(one: PricedPass, amounts: _Amounts, width: int) -> list[Line]:
    lines: list[Line] = []
    if one.model is not None:
        lines.append((Part(fitted(f"Also, by {name_text(one.model)}", width), "muted"),))
    if not one.has_rates:
        return [*lines, *_said("no rates of this model are known", width)]
    for item in sorted(one.items, key=_place):
        lines += _item_lines(item, amounts, width)
    return lines


def _place(item: CostItem) -> tuple[int, str]:
    """The order in which people think of them: tokens in, tokens out, then the rest."""
    unit = item.rate.unit
    return ORDER.get(unit, len(ORDER)), unit


def _item_lines(item: CostItem, amounts: _Amounts, width: int) -> list[Line]:
    numbers = amounts.numbers
    name = UNIT_WORDS.get(item.rate.unit) or name_text(item.rate.unit).replace("_", " ").capitalize()
    product = f"{amounts.count(item.count)} × {numbers.money(item.price)} / {per_text(item.rate.per)}"
    if item.above is not None:
        product += f", above {numbers.count(item.above)} in"
    amount = amounts(item.amount)
    room = width - cell_len(amount) - 1
    if width >= ONE_LINE and cell_len(product) <= room - NAME_CELLS:
        text = Part(padded(product, room - NAME_CELLS), "muted")
        return [(Part(padded(name, NAME_CELLS)), text, Part(f" {amount}"))]
    return [
        (Part(padded(name, room)), Part(f" {amount}")),
        (Part(fitted(f"  {product}", width), "muted"),),
    ]


def _sum(origin: CostOrigin, amounts: _Amounts, width: int) -> list[Line]:
    if sum(len(one.items) for one in origin.passes) < 2 or origin.cost is None:
        return []
    total = amounts(origin.cost)
    return [(Part(padded("Sum", width - cell_len(total))), Part(total, "strong"))]


def _origins(origin: CostOrigin, width: int) -> list[Line]:
    """Whose rates these are, each named once."""
    told: dict[str, None] = {}
    for item in _items(origin):
        since = "" if item.rate.since is None else f", since {item.rate.since}"
        told[f"{name_text(item.rate.origin, 'a local model, free')}{since}"] = None
    return [line for text in told for line in _said(f"rates of {text}", width)]


def _items(origin: CostOrigin) -> Iterable[CostItem]:
    return (item for one in origin.passes for item in one.items)


def _verdict(record: UsageRecord, origin: CostOrigin, numbers: Numbers, width: int) -> list[Line]:
    """Whether the stored cost is what the rates say, and what to do where it is not."""
    if record.cost_source == "provider":
        if origin.cost is None or record.cost is None or origin.cost == record.cost:
            return []
        gap = record.cost - origin.cost
        more = numbers.money(abs(gap))
        return _said(f"the provider charged {more} {'more' if gap > 0 else 'less'} than these rates", width)
    if origin.is_outdated:
        found = "they give no price" if origin.cost is None else f"they make it {numbers.money(origin.cost)}"
        return _said(f"! not by the rates of today: {found}; to correct it: tokenmon price reprice", width, "warning")
    if record.cost is None:
        model = name_text(record.model, "MODEL")
        next_step = f"tokenmon price set '{model}' --input-price 2 --output-price 10"
        return _said(f"to price it: {next_step}, then: tokenmon price reprice", width)
    if origin.cost != record.cost:
        return _said("the price list has this model no more; its cost stays as it was", width)
    return []
