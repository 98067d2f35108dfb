"""`tokenmon quota`: set, changed and removed as a person types it, wrong things included."""

import pytest

from tests.commands.runner import Home


@pytest.fixture
def work(home: Home) -> Home:
    home.run("platform", "add", "work", "--provider", "openai", "--no-key")
    return home


def test_a_quota_is_added_shown_changed_and_removed(work: Home) -> None:
    added = work.run("quota", "add", "work", "100 USD", "--json").json
    edited = work.run("quota", "edit", "work", "5M tokens", "--warn-at", "90", "--json").json
    shown = work.run("quota", "show", "work", "--json").json
    work.run("quota", "remove", "work")

    assert (added["amount"], added["unit"], added["warn_at"], added["used"]) == ("100", "usd", 80, "0")
    assert (edited["amount"], edited["unit"], edited["warn_at"]) == ("5000000", "tokens", 90)
    assert shown == edited
    assert work.run("quota", "list", "--json").json == []


def test_a_new_amount_keeps_the_threshold_and_a_new_threshold_the_amount(work: Home) -> None:
    work.run("quota", "add", "work", "100 USD", "--warn-at", "50")

    bigger = work.run("quota", "edit", "work", "200 USD", "--json").json
    later = work.run("quota", "edit", "work", "--warn-at", "95", "--json").json

    assert (bigger["amount"], bigger["warn_at"]) == ("200", 50)
    assert (later["amount"], later["warn_at"]) == ("200", 95)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "nowhere", "100 USD"), 1, "nowhere"),
        (("add", "work", "much"), 2, "cannot read the quota"),
        (("add", "work", "-5 USD"), 2, ""),
        (("add", "work", "0 USD"), 2, "above 0"),
        (("edit", "work"), 2, "nothing to change"),
        (("edit", "work", "--warn-at", "80"), 2, "needs a quota"),
        (("show", "work"), 1, "has no quota"),
        (("remove", "work"), 1, "has no quota"),
    ],
)
def test_what_cannot_be_done_is_said_with_a_hint(work: Home, words: tuple[str, ...], code: int, said: str) -> None:
    done = work.run("quota", *words)

    assert done.code == code
    assert said in done.err
    assert "hint: " in done.err


def test_a_second_quota_is_refused_and_the_first_stays(work: Home) -> None:
    work.run("quota", "add", "work", "100 USD")

    done = work.run("quota", "add", "work", "5 USD")

    assert done.code == 1
    assert "tokenmon quota edit work '5 USD'" in done.err
    assert work.run("quota", "show", "work", "--json").json["amount"] == "100"


def test_the_key_of_the_platform_stays(home: Home) -> None:
    home.run("platform", "add", "keyed", "--provider", "openai", "--key-stdin", text="sk-a-key-of-some-length\n")

    home.run("quota", "add", "keyed", "100 USD")

    assert home.run("platform", "show", "keyed", "--json").json["has_key"]
