"""Pulling over a real socket: it goes on where it stopped, waits as told, and asks for no day twice that is settled."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.ingest.pull.conftest import NOW, Scene
from tests.ingest.pull.fake import ADMIN_KEY
from tests.ingest.pull.test_shapes import ACTIVITY
from tokenmon.core.platform import Platform
from tokenmon.errors import ConfigError, NotFoundError, TemporaryError, TokenmonError
from tokenmon.ingest.pull.client import TRIES
from tokenmon.ingest.pull.pulling import api_of, check_key, platform_for

LIMITED = (429, {"retry-after": "7"}, {"error": {"message": "Rate limit reached"}})


def activity(*days: int) -> dict[str, dict[str, list[dict[str, object]]]]:
    """One line on each of some days."""
    return {"activity": {f"2026-11-{day:02}": [{**ACTIVITY, "date": f"2026-11-{day:02}"}] for day in days}}


def asked_days(scene: Scene) -> list[int]:
    """The days that OpenRouter was asked for."""
    return [int(query["date"][0][-2:]) for _, query in scene.fake.asked]


def test_a_rate_limit_is_waited_out_as_told(scene: Scene) -> None:
    scene.fake.lines = activity(2)
    scene.fake.fail = [LIMITED, (529, {}, {}), LIMITED]

    scene.pull("openrouter", 2, 2)

    assert scene.pauses == [7, 2, 7]
    assert len(scene.sums()) == 1


def test_a_date_to_retry_after_is_a_pause_until_then(scene: Scene) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=60)
    scene.fake.fail = [
        (429, {"retry-after": format_datetime(moment, usegmt=True)}, {}),
        (503, {"retry-after": "x"}, {}),
    ]

    scene.pull("openrouter", 2, 2)

    assert 50 < scene.pauses[0] <= 60
    assert scene.pauses[1] == 2


def test_a_pause_that_nobody_waits_for_ends_the_pull_and_keeps_what_is_complete(scene: Scene) -> None:
    scene.fake.lines = activity(1, 2, 3)
    scene.pull("openrouter", 1, 1)
    scene.fake.fail = [(200, {}, {"data": []}), (429, {"retry-after": "3600"}, {})]

    with pytest.raises(TemporaryError, match="asks to wait 3600 seconds") as caught:
        scene.pull("openrouter", 1, 3, again=True)

    assert caught.value.hint == "what was pulled is stored; run the same command again to go on"
    assert scene.pauses == []


def test_a_pull_goes_on_where_it_stopped(scene: Scene) -> None:
    scene.fake.lines = activity(1, 2, 3)
    scene.fake.fail = [
        (200, {}, {"data": [{**ACTIVITY, "date": "2026-11-01"}]}),
        (400, {}, {"error": {"message": "no"}}),
    ]

    with pytest.raises(TokenmonError, match=r"OpenRouter refused /api/v1/activity \(400\): no"):
        scene.pull("openrouter", 1, 3)
    scene.pull("openrouter", 1, 3)

    assert asked_days(scene) == [1, 2, 2, 3]
    assert len(scene.sums()) == 3


def test_a_server_in_trouble_is_given_up_in_the_end(scene: Scene) -> None:
    scene.fake.fail = [(500, {}, {})] * TRIES

    with pytest.raises(TemporaryError, match=f"OpenRouter answered with 500, {TRIES} times in a row"):
        scene.pull("openrouter", 2, 2)

    assert scene.pauses == [1, 2, 4, 8, 16]


def test_nobody_at_the_address_is_told(scene: Scene) -> None:
    scene.fake.url = "http://127.0.0.1:1"

    with pytest.raises(TemporaryError, match="OpenRouter cannot be reached"):
        scene.pull("openrouter", 2, 2)


def test_settled_days_are_asked_for_once_and_fresh_ones_again(scene: Scene) -> None:
    scene.now = datetime(2026, 11, 8, 12, tzinfo=UTC)
    scene.pull("openrouter", 1, 9)
    scene.fake.asked.clear()

    pulled = scene.pull("openrouter", 1, 9)

    assert asked_days(scene) == [5, 6, 7]
    assert (pulled.reports[0].days, pulled.reports[0].known_days) == (3, 4)


def test_again_asks_for_settled_days_too_and_replaces_them(scene: Scene) -> None:
    scene.fake.lines = activity(1, 2)
    scene.pull("openrouter", 1, 2)
    scene.fake.lines = activity(2)

    scene.pull("openrouter", 1, 2, again=True)

    assert [one.start.day for one in scene.sums()] == [2]


def test_today_is_pulled_as_far_as_it_goes(scene: Scene) -> None:
    scene.pull("anthropic", 22, 29)

    path, query = scene.fake.asked[0]
    assert path == "/v1/organizations/usage_report/messages"
    assert query["starting_at"] == ["2026-11-22T00:00:00Z"]
    assert query["limit"] == ["2"]
    assert "ending_at" not in query


def test_days_that_openrouter_has_forgotten_are_not_asked_for(scene: Scene) -> None:
    api = api_of("openrouter")

    assert api.span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), NOW) is None
    window = api.span(datetime(2026, 1, 1, tzinfo=UTC), NOW, NOW)
    assert window is not None
    assert (window.start.day, window.end.day, len(window.days)) == (24, 23, 30)


def test_a_report_that_the_account_need_not_have_is_left_out(scene: Scene) -> None:
    scene.fake.missing = {"moderations"}

    pulled = scene.pull("openai", 1, 3)

    left_out = {one.report: one.skipped for one in pulled.reports if one.skipped}
    assert list(left_out) == ["moderations"]
    assert "404" in left_out["moderations"]


def test_days_past_the_window_by_the_providers_clock_are_left_for_later(scene: Scene) -> None:
    day = {"input_tokens": 1, "output_tokens": 1, "num_model_requests": 1}
    scene.fake.lines = {"completions": {"2026-11-23": [day], "2026-11-24": [day]}}

    scene.pull("openai", 23, 23)

    assert [one.start.day for one in scene.sums()] == [23]


def test_an_optional_report_that_is_refused_is_left_out_with_the_reason(scene: Scene) -> None:
    scene.fake.fail = [(200, {}, {"data": []}), (200, {}, {"data": []}), (400, {}, {"error": {"message": "no group"}})]

    pulled = scene.pull("openai", 1, 3)

    reasons = [one.skipped for one in pulled.reports if one.skipped]
    assert reasons == ["OpenAI refused /v1/organization/usage/embeddings (400): no group"]


def test_a_report_that_every_account_has_must_be_there(scene: Scene) -> None:
    scene.fake.missing = {"costs"}

    with pytest.raises(NotFoundError, match="OpenAI has no /v1/organization/costs"):
        scene.pull("openai", 1, 3)


@pytest.mark.parametrize("provider", ["openai", "anthropic", "openrouter"])
def test_a_key_without_the_right_is_told_what_is_needed_and_not_shown(scene: Scene, provider: str) -> None:
    secret = "sk-some-plain-key-4711"

    with pytest.raises(ConfigError, match="an admin key is needed") as caught:
        scene.pull(provider, 1, 3, key=secret)

    assert secret not in caught.value.message
    assert "https://" in (caught.value.hint or "")
    assert len(scene.fake.asked) == 1


def test_a_provider_that_repeats_the_key_is_shown_without_it(scene: Scene) -> None:
    scene.fake.fail = [(400, {}, {"error": {"message": f"bad request with {ADMIN_KEY}"}})]

    with pytest.raises(TokenmonError) as caught:
        scene.pull("openrouter", 2, 2)

    assert caught.value.message == "OpenRouter refused /api/v1/activity (400): bad request with ..."


@pytest.mark.parametrize(
    ("provider", "key"), [("openai", "sk-proj-abc"), ("anthropic", "sk-ant-api03-x"), ("anthropic", "sk-ant-oat01-x")]
)
def test_a_key_for_calls_is_never_sent(provider: str, key: str) -> None:
    with pytest.raises(ConfigError, match="this is a key for calls") as caught:
        check_key(api_of(provider), key)

    assert key not in caught.value.message


def test_the_platform_is_the_one_named_or_the_only_one() -> None:
    one, two = (Platform(name, name, "openai", NOW) for name in ("one", "two"))
    other = Platform("other", "other", "gemini", NOW)
    api = api_of("openai")

    assert platform_for(api, None, [one, other]) == one
    assert platform_for(api, "two", [one, two]) == two
    with pytest.raises(ConfigError, match="several platforms are at OpenAI: one, two"):
        platform_for(api, None, [one, two])
    with pytest.raises(ConfigError, match="there is no platform at OpenAI"):
        platform_for(api, None, [other])
    with pytest.raises(ConfigError, match="the platform other is at gemini"):
        platform_for(api, "other", [one, other])
    with pytest.raises(NotFoundError, match="there is no platform 'three'"):
        platform_for(api, "three", [one])
