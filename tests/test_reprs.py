"""What a person sees of our values at a prompt or in a notebook says what they are."""

from __future__ import annotations

from sandbox import World
from tests.trajectories.little import finished


def test_reprs_say_what_it_is_and_how_far_it_got() -> None:
    world = World.load("bookshop")
    session = world.session(seed=7, label="a", faults="H01")
    session.call("listBooks", {})
    assert repr(world) == "<World of 'Bookshop': 20 operations>"
    assert repr(world.document) == "<Document 'Bookshop': OpenAPI 3.1, 20 operations>"
    assert repr(world.tools["getBook"]) == "<Tool getBook(book_id)>"
    assert repr(session) == "<Session 'a' of 'Bookshop', seed 7 under faults: 1 calls, 0 s>"
    assert repr(session.ledger) == "<Ledger: 1 exchanges, 0 of them wrote, 1 with faults>"
    assert repr(finished()).endswith(": scripted:polite, 2 calls, H01, success>")


def test_notebooks_show_tables_with_everything_escaped() -> None:
    world = World.load("bookshop")
    session = world.session(faults="H01")
    shown = session.call("<b>", {})
    for value in (world, world.document, world.tools["getBook"], session, shown, finished()):
        html = value._repr_html_()
        assert html.startswith("<p><b>") and "<b>&" not in html.split("</p>")[0][6:]
    assert "H01" in session._repr_html_() or "&lt;b&gt;" in session._repr_html_()
    assert "<td>listBooks</td>" in world._repr_html_()
