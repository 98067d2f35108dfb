"""Lines of parts: few, and no wider than asked."""

from tokenmon.tui.texts import Part, joined, plain


def test_neighbours_of_one_tone_become_one_part() -> None:
    line = joined([Part("a", "good"), Part("b", "good"), Part("c", "error")])

    assert line == (Part("ab", "good"), Part("c", "error"))


def test_a_space_joins_any_tone_but_not_another_ground() -> None:
    line = joined([Part("a", "good"), Part(" "), Part("b", "good"), Part(" ", "plain", "series-1")])

    assert line == (Part("a b", "good"), Part(" ", "plain", "series-1"))


def test_joining_keeps_the_words() -> None:
    parts = [Part("", "good"), Part("a "), Part("b", "muted", "series-2"), Part("c", "muted")]

    assert plain(joined(parts)) == "a bc"
