"""The truth table counts what holds and names what does not."""

from __future__ import annotations

from sandbox import World
from tests.proofs import teacher
from tests.proofs.tally import Tally
from tests.proofs.truth import MEASURES, TARGETS, documents, measure


def test_every_property_of_the_table_has_a_target_and_holds_on_a_bundled_document() -> None:
    found = {
        k: v for take in MEASURES.values() for k, v in take(World.load("forum"), "f", 2).items()
    }
    assert found.keys() == TARGETS.keys()
    assert found["paged lists walked to the end"].total > 2
    assert all(tally.good >= TARGETS[name] * tally.total for name, tally in found.items())


def test_exceptions_are_kept_and_added() -> None:
    whole, part = Tally(), Tally()
    part.count(True, "good")
    part.count(False, "bad")
    whole.add(part)
    assert (whole.good, whole.total, whole.exceptions) == (1, 2, ["bad"])


def test_a_bundled_name_a_file_or_a_folder_is_measured() -> None:
    assert list(documents(["forum"])) == [("forum", "forum")]
    found = measure(["forum"], ["errors"], 1)
    assert found["error replies in their declared form"].total > 5


def test_the_teacher_is_measured_and_perfect_on_a_bundled_document() -> None:
    found = teacher.measure(World.load("helpdesk"), "helpdesk", n=4, seeds=2)
    assert (found.good, found.total, found.exceptions) == (8, 8, [])
    stopped = teacher.measure(World.load("helpdesk"), "helpdesk", 4, 1, faults="unsolvable")
    assert stopped.total == 4
    assert all(failed.startswith("helpdesk ") for failed in stopped.exceptions)
