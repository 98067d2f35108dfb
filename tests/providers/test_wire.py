"""Every wire format's traps: what each sample states is what is read from it."""

import pytest

from tests.wire.samples import SAMPLES, Sample
from tokenmon.core.usage import StatedUsage
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
