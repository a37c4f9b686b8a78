"""Splits by whole documents and whole fault kinds."""

from __future__ import annotations

from agent.collect.collect import collect
from agent.collect.holdout import document_of, faults_of, held_kinds, part
from agent.policies.behaviours import scripted
from sandbox.world import World
from trajectories import Store, Trajectory


def records() -> list[Trajectory]:
    worlds = [World.load(name) for name in ("bookshop", "helpdesk", "calendar")]
    with Store.open(":memory:") as store:
        list(collect(worlds, scripted("perfect"), store, n=60, faults="flaky"))
        return list(store.iterate())


def test_no_document_and_no_fault_is_on_both_sides() -> None:
    made = records()
    for kinds in (document_of, faults_of):
        found = part(made, kinds, seed=1)
        assert found.kinds and found.train and found.unseen
        assert len(found.train) + len(found.unseen) == len(made)
        assert not any(kinds(each) & set(found.kinds) for each in found.train)
        assert all(kinds(each) & set(found.kinds) for each in found.unseen)


def test_what_is_held_out_depends_on_names_and_seed_alone() -> None:
    names = ["H01", "H06", "T02", "T05"]
    assert held_kinds(names, seed=3) == held_kinds(reversed(names), seed=3)
    assert len({held_kinds(names, seed=seed) for seed in range(20)}) == 4
    assert held_kinds(["H01"], seed=0) == frozenset()
