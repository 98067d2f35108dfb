"""Background tasks: a failure is logged without what the error quotes."""

import asyncio

import pytest

from tokenmon.proxy.tasks import spawn, without_text

SECRET = "sk-secret"


async def fail() -> None:
    raise ValueError(SECRET)


def test_a_failure_is_logged_by_type_and_place_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        await asyncio.wait({spawn(fail(), name="fails")})

    asyncio.run(main())

    assert "the background task fails failed: ValueError\n" in caplog.text
    assert "in fail" in caplog.text
    assert SECRET not in caplog.text
    assert caplog.records[0].exc_info is None


def test_an_error_that_was_never_raised_has_its_type() -> None:
    assert without_text(ValueError(SECRET)) == "ValueError"
