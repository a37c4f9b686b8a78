"""Invented documents load, are read as the convention they are written in, and can be solved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox import World
from sandbox.invention import Invented, Style, invent, variants
from sandbox.invention.invent import invent_document
from sandbox.invention.style import plural, to_casing
from sandbox.tasks import generate

SAMPLE = tuple(invent(36, seed=3))
READ_AS = {
    "REST": "REST",
    "verb suffixes": "verb suffixes",
    "RPC": "RPC over POST",
    "JSON:API": "JSON:API",
    "OData": "OData",
}


def world(document: Invented, folder: Path) -> World:
    place = folder / f"{document.name}.json"
    place.write_text(json.dumps(document.tree))
    return World.load(place, strict=True)


def one_of(protocol: str) -> Invented:
    return next(each for each in SAMPLE if each.style.protocol == protocol)


@pytest.mark.parametrize("protocol", READ_AS)
def test_the_facts_know_the_convention(protocol: str, tmp_path: Path) -> None:
    loaded = world(one_of(protocol), tmp_path)
    assert loaded.conventions.style.name == READ_AS[protocol]
    tasks = list(generate(loaded, n=6, seed=0))
    assert len(tasks) == 6 and all(task.solution or not task.solvable for task in tasks)


def test_the_same_seed_and_index_are_the_same_document() -> None:
    assert [each.tree for each in invent(3, seed=3)] == [each.tree for each in SAMPLE[:3]]
    assert invent_document(3, 2).tree == SAMPLE[2].tree != invent_document(4, 2).tree


def test_a_sample_holds_every_value_of_every_convention() -> None:
    wanted = {
        "protocol": 5, "fields": 4, "paths": 4, "envelope": 5, "paging": 5, "ids": 4, "auth": 5,
        "errors": 4, "update": 3, "descriptions": 3, "timestamps": 4, "version": 2, "nesting": 2,
    }  # fmt: skip
    many: list[Style] = [each.style for each in invent(300, seed=0)]
    assert {name: len({getattr(s, name) for s in many}) for name in wanted} == wanted


def test_names_are_spelt_in_the_document_s_casing() -> None:
    spelt = [to_casing("published_on", style) for style in ("snake", "camel", "kebab", "pascal")]
    assert spelt == ["published_on", "publishedOn", "published-on", "PublishedOn"]
    assert plural("delivery_note") == "delivery_notes" and plural("match") == "matches"


def test_a_calm_reply_says_that_it_went_well(tmp_path: Path) -> None:
    loaded = world(one_of("RPC"), tmp_path)
    session = loaded.session(seed=1)
    created = [task for task in generate(loaded, n=40, seed=0) if task.kind == "create"]
    steps = [step for task in created for step in task.solution or ()]
    texts = [session.call(step.tool, step.arguments).text for step in steps]
    assert any('"ok":true' in text for text in texts)
    assert not any('"ok":false' in text for text in texts)


def test_variants_are_the_drifts_of_a_document() -> None:
    bookshop = World.load("bookshop")
    made = dict(variants(bookshop, 4, seed=1))
    assert len(made) == 4 and all(plan.startswith("D") for plan in made)
    assert all(tree != bookshop.document.tree for tree in made.values())
