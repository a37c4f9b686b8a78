"""Curves, bars and tables: what stands on a page of numbers."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx

from tests.trajectories.little import finished, malformed
from trajectories import Store
from trajectories.viewer import viewer, write_bundle
from trajectories.viewer.figures import Bar, Bars, Figures, Lines, Table
from trajectories.viewer.pages import render


def drawn(*parts: Lines | Bars | Table, title: str = "Numbers") -> str:
    found = [Figures(title, {"recipe": "glpft"}, parts)]
    return render("numbers", title="x", root="", live=False, heading="Numbers", found=found)


def test_a_curve_fills_its_box_and_its_axis_has_round_marks() -> None:
    curve = Lines("loss", [2.3, 1.2, 0.1])
    assert curve.heights == [3.0, 2.0, 1.0, 0.0] and curve.mean == ""
    places = [tuple(map(float, point.split(","))) for point in curve.path.split()]
    assert [x for x, _ in places] == [0, 50, 100]
    assert [round(y) for _, y in places] == [23, 60, 97]
    assert "from 2.3 to 0.1" in drawn(curve)


def test_a_long_curve_is_thinned_and_has_its_running_mean() -> None:
    curve = Lines("loss", [float(n % 2) for n in range(1000)])
    assert len(curve.path.split()) <= 300 and len(curve.mean.split()) <= 300
    means = {float(point.split(",")[1]) for point in curve.mean.split()}
    assert max(means) - min(means) < 10
    assert Lines("broken", [1.0, float("nan"), 3.0]).path.count(",") == 2


def test_a_bar_has_its_length_its_interval_and_its_number() -> None:
    page = drawn(Bars("Right", [Bar("a", 25.0, (10.0, 40.0)), Bar("b", None)], "%", 50))
    assert 'width="50.0%"' in page and 'x1="20.0%" x2="80.0%"' in page
    assert re.search(r"25&nbsp;%\s*<small>10 – 40</small>", page) and page.count("<rect") == 1
    assert Bars("empty", []).full == 1.0


def test_hostile_names_are_text() -> None:
    page = drawn(Lines("<b>", [1.0]), Table("<i>", ["<u>"], [["\u202e<s>"]]), title="<script>")
    assert not re.search("<(b|i|u|s|script)>", page) and "\u202e" not in page


def test_numbers_are_the_start_page_where_there_are_no_episodes(tmp_path: Path) -> None:
    numbers = [Figures("Training x", {}, [Lines("loss", [1.0, 0.5])])]

    async def ask(path: str, store: Store) -> httpx.Response:
        app = viewer(store, numbers=numbers, data=lambda store: Figures("Data", {"n": 7}))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    empty = Store.open(":memory:")
    assert asyncio.run(ask("/", empty)).headers["location"] == "/numbers"
    assert "Training x" in asyncio.run(ask("/numbers", empty)).text
    assert "<dd>7</dd>" in asyncio.run(ask("/data", empty)).text
    write_bundle([], tmp_path / "n.html", numbers=numbers)
    assert "polyline" in (tmp_path / "n.html").read_text()


def test_a_store_counts_and_samples() -> None:
    store = Store.open(":memory:")
    store.add_many([*(finished(n) for n in range(1, 8)), malformed(9)])
    assert store.counts("fault") == {"H01": 8} and store.counts("kind") == {"read": 8}
    assert store.counts("outcome") == {"finish": 7, "give_up": 1}
    assert len(list(store.sample(4))) == 4 and len(list(store.sample(100))) == 8
