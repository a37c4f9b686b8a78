"""Whether a text states a value: numbers, dates, case, yes and no."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.tasks.answers import states


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It has 1,200 copies.", 1200),
        ("It costs €12.50 in all", 12.5),
        ("There are three of them.", 3),
        ("Temperature: −4 degrees", -4),
        ("It was on 4 March 2026.", "2026-03-04"),
        ("It was on March 4th, 2026.", "2026-03-04"),
        ("On 2026-03-04 at 10:30 UTC", "2026-03-04T10:30:00Z"),
        ("4 March 2026, 4:05 pm", "2026-03-04T16:05:12Z"),
        ("The status is In Progress now", "in_progress"),
        ("Its title is “Dune Messiah”.", "dune messiah"),
        ("Yes, it is.", True),
        ("No, it is not.", False),
        ("Nobody is assigned.", None),
        ("red, green and blue", ["blue", "red"]),
        ("mail ada@example.com.", "ada@example.com"),
    ],
)
def test_is_stated(text: str, value: object) -> None:
    assert states(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Order 4127 is open", 12),
        ("It costs 12.55", 12.5),
        ("It was on 3 April 2026.", "2026-03-04"),
        ("2026-03-04 at 11:30", "2026-03-04T10:30:00Z"),
        ("It is reopened", "open"),
        ("It is set", False),
        ("red and green", ["blue", "red"]),
        ("", "Dune"),
    ],
)
def test_is_not_stated(text: str, value: object) -> None:
    assert not states(text, value)


@given(st.integers(-(10**9), 10**9))
def test_a_number_is_found_with_and_without_separators(number: int) -> None:
    assert states(f"The result is {number:,}.", number)
    assert states(f"The result is {number}, as asked", number)
    assert not states(f"The result is {number + 1}.", number)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_day_is_found_in_every_order(day: date) -> None:
    for form in ("%d %B %Y", "%B %d, %Y", "%d %b %Y", "%Y-%m-%d"):
        assert states(f"It happened on {day.strftime(form)}.", day.isoformat())


@given(st.text(max_size=200), st.one_of(st.text(max_size=20), st.integers(), st.none()))
def test_blanks_around_any_text_change_nothing(text: str, value: str | int | None) -> None:
    assert states(text, value) is states(f"  {text}\n", value)


def test_none_of_them_is_zero_of_them() -> None:
    assert states("There are no open invoices.", 0)
    assert not states("No, there are 3 of them.", 0)
    assert not states("There are some.", 0)
