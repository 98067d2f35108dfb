"""The filter language: what people write, what it means, and what is said of a slip."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenmon.core.condition import ANY, FIELDS, NUMBER_KINDS, WORDS, Condition, Operator
from tokenmon.core.filter_language import MAX_LENGTH, MAX_TERMS, filter_text, parse_filter
from tokenmon.core.text import UNSAFE
from tokenmon.errors import ConfigError

READINGS = {
    "": (),
    "   ": (),
    "model:opus": (Condition("model", ":", ("opus",)),),
    "MODEL:Opus,sonnet": (Condition("model", ":", ("Opus", "sonnet")),),
    "opus": (Condition(ANY, ":", ("opus",)),),
    "-opus,haiku": (Condition(ANY, ":", ("opus", "haiku"), True),),
    "us.anthropic.claude-v2:0": (Condition(ANY, ":", ("us.anthropic.claude-v2:0",)),),
    '"mistral:7b"': (Condition(ANY, ":", ("mistral:7b",)),),
    'project:"two words",one': (Condition("project", ":", ("two words", "one")),),
    r'project:"a \"quote\" and \\ and \x"': (Condition("project", ":", (r'a "quote" and \ and \x',)),),
    "project:C:\\code": (Condition("project", ":", ("C:\\code",)),),
    "project:-": (Condition("project", ":", (None,)),),
    "project=none,x": (Condition("project", "=", (None, "x")),),
    'project:"none"': (Condition("project", ":", ("none",)),),
    "none": (Condition(ANY, ":", ("none",)),),
    "-project:x": (Condition("project", ":", ("x",), True),),
    "!project:x": (Condition("project", ":", ("x",), True),),
    "project!=x": (Condition("project", "=", ("x",), True),),
    "-project!=x": (Condition("project", "=", ("x",)),),
    "cost>0.10": (Condition("cost", ">", (Decimal("0.10"),)),),
    "cost<=$2": (Condition("cost", "<=", (Decimal(2),)),),
    "cost:none": (Condition("cost", ":", (None,)),),
    "tokens>=1.5k input<2M output>1B": (
        Condition("tokens", ">=", (Decimal(1500),)), Condition("input", "<", (Decimal(2_000_000),)),
        Condition("output", ">", (Decimal(10**9),)),
    ),
    "latency>250 ttfc>250ms latency<1.5s latency>2m": (
        Condition("latency", ">", (Decimal(250),)), Condition("ttfc", ">", (Decimal(250),)),
        Condition("latency", "<", (Decimal(1500),)), Condition("latency", ">", (Decimal(120_000),)),
    ),
    "status:error status:OK,5xx status:429 status>=500": (
        Condition("status", ":", ("error",)), Condition("status", ":", ("ok", "5xx")),
        Condition("status", ":", (Decimal(429),)), Condition("status", ">=", (Decimal(500),)),
    ),
    "price:unpriced usage:none stream:true billing:metered": (
        Condition("price", ":", ("unpriced",)), Condition("usage", ":", ("none",)),
        Condition("stream", ":", ("yes",)), Condition("billing", ":", ("metered",)),
    ),
    "tag:team=search id:01AB id:chatcmpl-1": (
        Condition("tag", ":", ("team=search",)), Condition("id", ":", ("01ab",)), Condition("id", ":", ("chatcmpl-1",)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "meant"), READINGS.items(), ids=READINGS)
def test_a_filter_means_its_conditions(text: str, meant: tuple[Condition, ...]) -> None:
    assert parse_filter(text) == meant


REFUSALS = {
    "modle:opus": ("'modle:opus' at character 1", "did you mean model?"),
    "opus  xyzzy:1": ("'xyzzy:1' at character 7", "fields are any, platform"),
    "mistral:7b": ("there is no field mistral", 'quote a text: "mistral:7b"'),
    "cost>much": ("'much' is no such number", "cost>0.10"),
    "tokens>$5": ("'$5' is no such number", "tokens>10k"),
    "cost>5k": ("'5k' is no such number", "cost>0.10"),
    "cost>-1": ("'-1' is no such number", "cost>0.10"),
    "tokens>999999999999B": ("'999999999999B' is too large", "tokens>10k"),
    "cost>none": ("'none' is no such number", "cost>0.10"),
    "status>error": ("'error' is no such number", "status>=500"),
    "status:9xx": ("'9xx' is no such number", "status:5xx"),
    "model>3": ("model is no number to compare", "model:value"),
    "usage:estimate": ("usage is one of none, partial", "did you mean usage:estimated?"),
    "stream:maybe": ("stream is one of yes, no", "stream:yes"),
    "model:": ("a value is missing", "model:opus"),
    "model:a,,b": ("a value is missing", "model:opus"),
    "-": ("a value is missing", "model:opus"),
    'a "b': ("a quote is not closed in the filter, at character 3", 'project:"two words"'),
    "model:\x1b[31m": ("it holds a control character", "model:opus"),
    "x" * (MAX_LENGTH + 1): ("longer than 1,000 characters", "model:opus"),
    "x " * (MAX_TERMS + 1): ("more than 32 terms", "model:opus,sonnet"),
}


@pytest.mark.parametrize(("text", "said"), REFUSALS.items(), ids=range(len(REFUSALS)))
def test_a_slip_is_told_with_its_place_and_what_is_near(text: str, said: tuple[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_filter(text)

    assert said[0] in caught.value.message
    assert caught.value.hint is not None
    assert said[1] in caught.value.hint
    assert not UNSAFE.search(caught.value.message)


# What the language is made of, so that drawn texts reach beyond its first character.
pieces = st.one_of(
    st.sampled_from([*FIELDS, ":", "=", "!=", ">", ">=", "<", "-", "!", ",", '"', "\\", " ", "*", "?", "none", "5xx"]),
    st.sampled_from(["$1.5", "10k", "2s", "error", "estimated", "opus", "a b", "🦆", "\x00", "\ud800"]),
    st.text(max_size=4),
)


@settings(deadline=None, derandomize=True, database=None, max_examples=500)
@given(text=st.one_of(st.text(), st.lists(pieces).map("".join)))
def test_any_text_is_read_or_refused_in_words_and_what_is_read_can_be_written_again(text: str) -> None:
    try:
        conditions = parse_filter(text)
    except ConfigError:
        return

    assert all(one.values for one in conditions)
    assert len(filter_text(conditions)) > MAX_LENGTH or parse_filter(filter_text(conditions)) == conditions


texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), min_size=1, max_size=12)
numbers = st.decimals(0, 10**14, places=6)


@st.composite
def written(draw: st.DrawFn) -> Condition:
    """A condition as a screen may make it."""
    field = draw(st.sampled_from([one for one in FIELDS if one != "id"]))
    kind = FIELDS[field]
    operators: list[Operator] = [":", "="]
    values: st.SearchStrategy[str | Decimal | None] = texts if field == ANY else st.one_of(texts, st.none())
    if kind in NUMBER_KINDS:
        operators += [">", ">=", "<", "<="]
        values = numbers
    elif kind == "word" or kind == "status":
        values = st.sampled_from(WORDS[field])
    return Condition(
        field, draw(st.sampled_from(operators)), tuple(draw(st.lists(values, min_size=1, max_size=3))),
        draw(st.booleans()),
    )  # fmt: skip


@settings(deadline=None, derandomize=True, database=None, max_examples=300)
@given(conditions=st.lists(written(), max_size=4).map(tuple))
def test_conditions_survive_being_written(conditions: tuple[Condition, ...]) -> None:
    text = filter_text(conditions)

    assert parse_filter(text) == conditions
