"""What is read in texts: claims and phrases of answers, the values they state, tasks' variety."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from agent.cli.model_rows import model_rows
from sandbox import World
from sandbox.drift.catalogue import catalogue as operators_catalogue
from sandbox.faults.catalogue import catalogue
from sandbox.tasks import generate
from sandbox.tasks.answers import numbers, states
from sandbox.tasks.diversity import diversity, mask_values
from specs import names
from tests.golden.replies import digest, first_ids, request_to
from trajectories.scoring.claims import claim_of, opening, spoken_claim
from trajectories.scoring.phrases import phrases

_CLAIMS: Final = Path(__file__).parents[1] / "trajectories" / "scoring" / "claims.tsv"
_TEXTS: Final = (
    "It was 12.50 €, not 1,200 and not −3.",
    "On 4 March 2026 at 4:05 pm, or March 5th, 2026, 12:30 am; Sept. 7, 2026 12:00 p.m.",
    "2026-03-04T10:30:00Z, 2026-03-05 16:05 and 04/03/2026 at 23:59:59",
    "None of the two orders is in progress; no, nobody is assigned. Order #4127-b is closed.",
    "Yes: red, green and “Dune Messiah” (ada@example.com), 1.5e3, 50 %, 1/2, three, twenty-one",
    "true, false, null, https://a.example/x?y=1, 0, 0.0, -0, Straße, naïve, I'm, don't",
    "",
)
_VALUES: Final[tuple[Any, ...]] = (
    0, 1, 3, -3, 12, 12.5, 0.5, 21, 1200, 1500.0, 4127, True, False, None, "", "Dune", "orders",
    "dune messiah", "in_progress", "In-Progress", "closed", "open", "2026-03-04", "2026-03-05",
    "2026-09-07", "2026-03-04T16:05:59Z", "2026-03-05T00:30:00Z", "2026-09-07T12:00:00Z",
    "2026-09-07T00:00:00+00:00", "2026-03-04T10:30:00Z", "4127-b", "4127", "ada@example.com",
    "strasse", "naive", ["red", "green"], ["red", "blue"], [], "May 2026", "3", "12.50", "1,200",
)  # fmt: skip

_NARROWED: Final = (
    ["op:listOrders", "op:createPayment"], ["method:get"], ["tag:*s"], ["path:/books", "op:*Book"],
)  # fmt: skip
_RELEASE: Final = {"releases": [{"operators": [{"op": "D01"}, {"op": "D03"}], "after_calls": 9}]}


def claims() -> Iterator[tuple[str, str]]:
    """What every third of the labelled answers claims, by the set that it is of."""
    rows = [row.split("\t") for row in _CLAIMS.read_text("utf-8").splitlines() if row[0] != "#"]
    for part, listed in groupby(rows, key=lambda row: row[0]):
        texts = [row[2].replace("\\n", "\n") for row in listed][::3]
        read = [(claim_of(each), opening(each), sorted(phrases(each))) for each in texts]
        yield f"claims/{part}", digest(repr(each).encode() for each in read)
        plans = ("finish", "give_up")
        spoken = [spoken_claim(plan, each) for each in texts[::4] for plan in plans]
        yield f"claims/{part} at the end", digest(map(str.encode, spoken))


def answers() -> Iterator[tuple[str, str]]:
    """Which values each text states, a letter for each."""
    for number, text in enumerate(_TEXTS):
        found = "".join("y" if states(text, value) else "n" for value in _VALUES)
        yield f"values in text {number}", f"{found} {numbers(text)}"


def variety() -> Iterator[tuple[str, str]]:
    """How varied the tasks of some documents are."""
    for name in names()[::4]:
        world = World.load(name)
        for n in (1, 30):
            tasks = list(generate(world, n=n, seed=5))
            texts = [repr(diversity(tasks, world, share=share).rows()) for share in (0.2, 0.6)]
            texts += map(mask_values, tasks)
            yield f"{name}/variety of {n}", digest(map(str.encode, texts))


def catalogues() -> Iterator[tuple[str, str]]:
    """What is said of every fault and every operator."""
    for name, rows in (("faults", catalogue()), ("operators", operators_catalogue())):
        yield f"catalogue of {name}", digest(json.dumps(row).encode() for row in rows)


def narrowed() -> Iterator[tuple[str, str]]:
    """Worlds that offer some operations alone: their tools, facts, releases and refusals."""
    for only in _NARROWED:
        world = World.load("bookshop", only=only)
        session = world.session(seed=1, drift={"strict": False, **_RELEASE})
        ids = first_ids(World.load("bookshop").session(seed=1))
        asked = [request_to(world, each, ids) for each in world.document.operations.values()]
        texts = [repr(session.handle(request)) for request in asked * 2]
        texts += [repr([sorted(session.tools), world.tools.operations.keys()])]
        texts += [json.dumps(row, default=str) for row in model_rows(world)]
        yield f"a world of {', '.join(only)} alone", digest(map(str.encode, texts))
