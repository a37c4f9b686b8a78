"""A new entity is known again by what was written, as far as a reply shows it."""

from __future__ import annotations

from agent.policies.reply_reading import covers

WRITTEN = {"customer": "c1", "currency": "EUR", "lines": [{"book": "b1"}, {"book": "b2"}]}


def test_an_entity_that_shows_what_was_written_is_the_one() -> None:
    shown = {"id": 7, "customer": "c1", "currency": "EUR", "lines": ["b1", "b2"]}
    assert covers(shown, WRITTEN)
    assert covers({"id": 7, "order": {"customer": "c1", "status": "new"}}, WRITTEN)


def test_another_value_or_another_number_of_lines_is_another_entity() -> None:
    assert not covers({"customer": "c1", "currency": "USD"}, WRITTEN)
    assert not covers({"customer": "c1", "lines": [{"book": "b2"}]}, WRITTEN)
