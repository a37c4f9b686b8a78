"""Tables: within the window on a terminal, one whole line a row elsewhere."""

from __future__ import annotations

from agent.cli.tables import table_lines

LONG = "the reply comes later than anybody would have thought it could"
ROWS = [
    {"id": "T01", "count": 7, "about": LONG, "more": {"ms": 800, "kinds": ["a", "b"]}},
    {"id": "T02", "count": 12, "about": "日本語\n[bold]", "more": None},
]


def test_without_a_window_every_row_is_one_whole_line() -> None:
    head, first, second = table_lines(ROWS, ["id", "count", "about", "more"])
    assert head.split() == ["id", "count", "about", "more"]
    assert LONG in first and first.endswith("ms: 800, kinds: a, b")
    assert "日本語 [bold]" in second and second.endswith("–")


def test_numbers_stand_to_the_right_and_columns_below_one_another() -> None:
    head, first, second = table_lines(ROWS, ["count", "id", "about"])
    assert first.startswith("    7  T01") and second.startswith("   12  T02")
    assert head.index("about") == first.index("the reply") == second.index("日")


def test_in_a_window_the_last_text_goes_on_below_itself() -> None:
    lines = table_lines(ROWS, ["id", "count", "about"], width=50)
    assert all(len(line) <= 50 for line in lines) and len(lines) == 4
    assert " ".join(f"{lines[1][12:]} {lines[2]}".split()) == LONG


def test_in_a_window_texts_are_cut_and_columns_left_out() -> None:
    lines = table_lines(ROWS, ["about", "id", "count", "more"], width=40)
    assert lines[0].split() == ["about", "id", "count"]
    assert "…" in lines[1] and lines[1].endswith("7")
    assert all(len(line) <= 40 for line in lines)


def test_nothing_of_a_table_is_wider_than_the_window_however_narrow() -> None:
    assert all(len(line) <= 9 for line in table_lines(ROWS, ["id", "count", "about"], width=9))


def test_a_table_of_nothing_has_no_lines() -> None:
    assert table_lines([], []) == [] and table_lines([], ["id", "about"]) == ["id  about"]
