"""What Codex logs of its plan's limits: the newest valid statement is kept, in every shape it had."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.ingest.importers.logs import Machine
from tests.ingest.importers.test_codex import TOTALS, meta, name_of, tokens, turn, turns
from tokenmon.core.official_limit import OfficialLimit

DAY = datetime(2026, 5, 2, tzinfo=UTC)
FILE = name_of("0199-aa")


def window(percent: Any, minutes: Any = 300, **more: Any) -> dict[str, Any]:
    return {"used_percent": percent, "window_minutes": minutes, **more}


def refresh(limits: Any, at: str = "09:05:00") -> dict[str, Any]:
    """An event that tells of limits and of no tokens."""
    payload = {"type": "token_count", "info": None, "rate_limits": limits}
    return {"timestamp": f"2026-05-02T{at}.000Z", "type": "event_msg", "payload": payload}


def answered(limits: Any, number: int = 0, at: str = "09:00:09") -> dict[str, Any]:
    """An event with tokens and limits."""
    event = tokens(TOTALS[number], None, f"{at}.000")
    event["payload"]["rate_limits"] = limits
    return event


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


FULL = {
    "primary": window(41.3, resets_at=seconds(at(12))),
    "secondary": window(12.0, 10080, resets_at=seconds(at(9, day=7))),
    "credits": None,
    "plan_type": "plus",
}


def percents(machine: Machine) -> dict[str, str]:
    return {one.window: f"{one.used_percent:f}" for one in machine.store.official_limits()}


def test_the_windows_of_the_plan_are_kept(machine: Machine) -> None:
    machine.write(FILE, meta(), turn(), answered(FULL))

    audit = machine.run("codex")

    five_hours = OfficialLimit(
        "openai", "codex", "here", "five_hour", 300, Decimal("41.3"), at(12), DAY.replace(hour=9, second=9), "plus"
    )
    week = OfficialLimit(
        "openai", "codex", "here", "weekly", 10080, Decimal(12), at(9, day=7), DAY.replace(hour=9, second=9), "plus"
    )
    assert machine.store.official_limits() == audit.limits == [five_hours, week]


def test_a_refresh_without_tokens_tells_of_limits_and_is_no_call(machine: Machine) -> None:
    later = {**FULL, "primary": window(55, resets_at=seconds(at(12)))}
    machine.write(FILE, meta(), turn(), answered(FULL), refresh(later))

    audit = machine.run("codex")

    assert (audit.added, audit.bad_lines) == (1, 0)
    assert percents(machine) == {"five_hour": "55", "weekly": "12"}


def test_limits_that_are_read_on_disturb_no_record(machine: Machine) -> None:
    path = machine.write(FILE, meta(), turn(), *turns())
    machine.run("codex")
    before = machine.records()
    machine.append(path, refresh(FULL))

    audit = machine.run("codex")

    assert (audit.added, audit.replaced, audit.lines) == (0, 0, 1)
    assert machine.records() == before
    assert percents(machine) == {"five_hour": "41.3", "weekly": "12"}


OLD_SHAPES = {
    "seconds to the reset": {"primary": window(41.3, resets_in_seconds=7200)},
    "a minute less": {"primary": window(41.3, 299, resets_in_seconds=7200)},
    "flat": {"primary_used_percent": 41.3, "primary_window_minutes": 300, "secondary_used_percent": None},
    "texts": {"primary": window("41.3", "300", resets_at=str(seconds(at(12))))},
    "an ISO time": {"primary": window(41.3, resets_at="2026-05-02T12:00:00Z")},
    "no reset": {"primary": window(41.3, resets_at=None)},
    "no second window": {"primary": window(41.3), "secondary": None},
}


@pytest.mark.parametrize("limits", OLD_SHAPES.values(), ids=OLD_SHAPES)
def test_every_shape_is_understood(machine: Machine, limits: dict[str, Any]) -> None:
    machine.write(FILE, meta(), turn(), refresh(limits))

    machine.run("codex")

    assert percents(machine) == {"five_hour": "41.3"}


def test_seconds_to_the_reset_count_from_the_line(machine: Machine) -> None:
    machine.write(FILE, meta(), refresh({"primary": window(1, resets_in_seconds=3600)}, "09:05:00"))

    machine.run("codex")

    assert machine.store.official_limits()[0].resets_at == at(10, 5)


NONSENSE: dict[str, Any] = {
    "null": None,
    "empty": {},
    "a list": [FULL],
    "nothing in it": {"primary": None, "secondary": None},
    "negative": {"primary": window(-1)},
    "more than all": {"primary": window(100.5)},
    "not a number": {"primary": window("NaN")},
    "no percentage": {"primary": {"window_minutes": 300}},
    "no length": {"primary": {"used_percent": 41.3}},
    "a length beyond all times": {"primary": window(41.3, 10**12, resets_at="9999-12-31T23:59:59Z")},
    "a length below 0": {"primary": window(41.3, -300)},
    "a reset that is past": {"primary": window(41.3, resets_at=seconds(at(8)))},
    "a reset far beyond the window": {"primary": window(41.3, resets_at=seconds(at(12, day=30)))},
    "a reset that is no time": {"primary": window(41.3, resets_at="soon")},
    "a reset beyond all calendars": {"primary": window(41.3, resets_in_seconds=10**12)},
}


@pytest.mark.parametrize("limits", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_leaves_what_was_valid_before(machine: Machine, limits: Any) -> None:
    machine.write(FILE, meta(), turn(), answered(FULL), answered(limits, 1, "09:01:00"), refresh(limits))

    audit = machine.run("codex")

    assert audit.added == 2
    assert percents(machine) == {"five_hour": "41.3", "weekly": "12"}


def test_a_limit_of_its_own_has_a_window_of_its_own(machine: Machine) -> None:
    main = {**FULL, "limit_id": "codex"}
    spark = {"limit_id": "codex_other", "limit_name": "Spark\x1b[31m", "primary": window(90)}
    machine.write(
        FILE, meta(), answered(main), answered(spark, 1), answered({**spark, "limit_id": "x", "limit_name": None}, 2)
    )

    machine.run("codex")

    assert percents(machine) == {"five_hour": "41.3", "weekly": "12", "five_hour Spark[31m": "90", "five_hour x": "90"}


def test_the_newest_of_several_files_counts(machine: Machine) -> None:
    machine.write(name_of("0199-bb"), meta("0199-bb"), refresh({"primary": window(70)}, "10:00:00"))
    machine.write(name_of("0199-aa"), meta(), refresh({"primary": window(30)}, "09:00:00"))

    machine.run("codex")

    assert percents(machine) == {"five_hour": "70"}


def test_a_fork_does_not_state_its_parents_old_limits_anew(machine: Machine) -> None:
    machine.write(name_of("0199-aa"), meta(), answered(FULL))
    child = meta("0199-bb", "11:00:00.000", forked_from_id="0199-aa")
    machine.write(name_of("0199-bb"), child, answered({"primary": window(1)}, 0, "11:00:00"))

    machine.run("codex")

    assert percents(machine)["five_hour"] == "41.3"


def test_a_last_line_without_its_end_tells_too(machine: Machine) -> None:
    from tests.ingest.importers.logs import line

    machine.write(FILE, meta(), turn(), line(answered(FULL)).rstrip())

    machine.run("codex")

    assert percents(machine) == {"five_hour": "41.3", "weekly": "12"}


def test_a_dry_run_tells_limits_and_stores_none(machine: Machine) -> None:
    machine.write(FILE, meta(), turn(), answered(FULL))

    audit = machine.run("codex", dry_run=True)

    assert [one.window for one in audit.limits] == ["five_hour", "weekly"]
    assert machine.store.official_limits() == []


def test_an_import_of_nothing_new_still_tells_what_is_known(machine: Machine) -> None:
    machine.write(FILE, meta(), turn(), answered(FULL))
    first = machine.run("codex")

    assert machine.run("codex").limits == first.limits


def test_words_about_limits_are_no_limits(machine: Machine) -> None:
    item = {"type": "message", "text": '"rate_limits":{"primary":{"used_percent":99}}', "rate_limits": FULL}
    machine.write(FILE, meta(), {"timestamp": "2026-05-02T09:00:00Z", "type": "response_item", "payload": item})

    audit = machine.run("codex")

    assert (percents(machine), audit.bad_lines) == ({}, 0)
