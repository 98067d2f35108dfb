"""Every wire format's traps: what each sample states is what is read from it."""

import pytest

from tests.wire.samples import SAMPLES
from tests.wire.usages import Sample
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.parser import UsageParser, parser_for


def parser_of(sample: Sample) -> UsageParser:
    return parser_for(
        sample.wire,
        status=sample.status,
        content_type=sample.content_type,
        cost_rule=sample.cost_rule,
        headers=sample.headers,
    )


def stated_by(sample: Sample) -> StatedUsage:
    return StatedUsage(
        sample.usage,
        sample.model,
        sample.response_id,
        sample.tier,
        sample.error,
        sample.cost,
        is_complete=sample.is_complete,
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_states_what_it_says(name: str) -> None:
    sample = SAMPLES[name]
    parser = parser_of(sample)

    parser.feed(sample.body)
    parser.close()

    assert parser.stated() == stated_by(sample)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_byte_alone_states_the_same(name: str) -> None:
    sample = SAMPLES[name]
    parser = parser_of(sample)

    for at in range(len(sample.body)):
        parser.feed(sample.body[at : at + 1])
        parser.stated()
    parser.close()

    assert parser.stated() == stated_by(sample)


LOOSE = rb'{"id":"chatcmpl-aaaaaaaaaaaa","model":"gpt-4o","choices":[{"message":{"content":"cut \ud83d"}}],"usage":%b}'


def test_an_answer_with_half_an_emoji_is_read() -> None:
    parser = parser_for("openai_chat", status=200, content_type="application/json")

    parser.feed(LOOSE % b'{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25}')
    parser.close()

    stated = parser.stated()
    assert (stated.usage, stated.response_model, stated.is_complete) == (TokenUsage(20, 5), "gpt-4o", True)
