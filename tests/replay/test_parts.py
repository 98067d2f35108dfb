"""The passes of a message that its top-level counts leave out are parts of the usage, each with its own model."""

import json

import pytest

from tests.replay.server import recorded_body
from tests.replay.test_replay import FOLDER, recorded_exchanges
from tokenmon.providers.parser import parser_for

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recorded exchanges are not beside this checkout")


def test_extra_iterations_are_parts() -> None:
    found, expected = {}, {}
    for name, exchange in recorded_exchanges().items():
        extra = (exchange["expected"]["normalized"] or {}).get("extra_iterations")
        if not extra:
            continue
        parser = parser_for("anthropic", status=200, content_type="application/json")
        parser.feed(recorded_body(exchange))
        parser.close()
        usage = parser.stated().usage
        assert usage is not None
        found[name] = [
            {
                "model": model,
                "input_uncached": part.uncached_input_tokens,
                "cache_read": part.cache_read_input_tokens,
                "cache_write": part.cache_creation_input_tokens,
                "output_total": part.output_tokens,
            }
            for model, part in usage.parts
        ]
        expected[name] = [{key: value for key, value in one.items() if key != "type"} for one in extra]

    assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)
    assert found
