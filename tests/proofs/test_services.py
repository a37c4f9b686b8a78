"""The services proof itself: it holds on a bundled document, and sees what is out of form."""

from __future__ import annotations

import pytest

from sandbox import World
from tests.proofs.services import accepted, in_form, media_types


def test_it_holds_on_a_bundled_document() -> None:
    world = World.load("bookshop")
    for tally in (media_types(world, "bookshop"), accepted(world, "bookshop")):
        assert tally.total > 5 and tally.exceptions == []


@pytest.mark.parametrize(("kind", "good", "bad"), [
    ("text/event-stream", b"data: 1\n\n", b"{}"), ("application/x-ndjson", b"{}\n{}\n", b"{}{}"),
    ("application/xml", b"<a/>", b"a"), ("image/png", b"\x89PNG\r\n", b"a picture"),
    ("application/vnd.x+json", b"1", b"x"), ("text/csv", b"a,b\n1,2\n", b"a,b\n1\n"),
])  # fmt: skip
def test_it_sees_what_is_not_in_its_form(kind: str, good: bytes, bad: bytes) -> None:
    assert (in_form(kind, good), in_form(kind, bad)) == (True, False)
