"""Diversity: values do not count, wording and call sequences do."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.tasks import Task, generate
from sandbox.tasks.diversity import distinct, diversity, mask_values
from sandbox.world import World


def asked(text: str, tool: str = "getBook", **arguments: Any) -> Task:
    step = {"tool": tool, "arguments": arguments}
    return Task.model_validate({"id": text, "instruction": text, "solution": [step]})


def test_values_are_masked_and_wording_is_not() -> None:
    one = asked('What does "Dune" by au_77 cost in crime?', genre="crime")
    other = asked('What does "Emma Watson" by au_12 cost in poetry?', genre="poetry")
    assert mask_values(one) == mask_values(other) == "what does _ by _ cost in _"


def test_a_task_without_a_solution_is_counted_too() -> None:
    refused = Task.model_validate({"id": "t", "instruction": 'Sing "Dune" 3 times.'})
    assert mask_values(refused) == "sing _ _ times"
    assert diversity([refused], World.load("bookshop")).steps == {0: 1}


def test_distinct_n_is_a_share_of_all_n_grams() -> None:
    assert distinct(["a b a b"], 1) == 0.5
    assert distinct(["a b a b"], 2) == pytest.approx(2 / 3)
    assert distinct([], 2) == 0.0


def test_pairs_count_wording_and_calls_together() -> None:
    tasks = [asked("Show book 1."), asked("Show book 2."), asked("Show book 3.", "listBooks")]
    found = diversity(tasks, World.load("bookshop"))
    assert (found.tasks, found.pairs, found.masked, found.sequences) == (3, 2, 1, 2)
    assert found.operations.used == 2 and found.steps == {1: 3}
    assert found.overlap is None


def test_generated_tasks_are_diverse_and_held_out_families_are_apart() -> None:
    world = World.load("bookshop")
    found = diversity(list(generate(world, n=150, seed=3)), world)
    assert found.pairs > 100 and found.operations.used > 0.5 * found.operations.of
    assert found.overlap is not None and found.overlap.held_out > 0
    assert found.overlap.mean < 0.9 and 0 <= found.overlap.near <= 1
    assert [row["measure"] for row in found.rows()][:2] == [
        "tasks",
        "distinct (masked instruction, call sequence) pairs",
    ]
