"""Replay compares every observation and names the first difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.trajectories.little import finished
from trajectories.errors import RecordError
from trajectories.records import Trajectory
from trajectories.replay import replay


@dataclass(frozen=True)
class Seen:
    text: str
    status: int | None


def faithful(trajectory: Trajectory) -> Iterator[Seen]:
    for turn in trajectory.messages:
        if turn.role == "observation":
            yield Seen(turn.content, turn.status)


def test_a_faithful_rerun_is_the_same() -> None:
    report = replay(finished(), faithful)
    assert report.same
    assert str(report).endswith("all 2 observations reproduced")


def test_one_changed_byte_is_named_with_its_place() -> None:
    def changed(trajectory: Trajectory) -> Iterator[Seen]:
        for seen in faithful(trajectory):
            yield Seen(seen.text.replace("Ölsen", "Olsen"), seen.status)

    difference = replay(finished(), changed).difference
    assert difference is not None
    assert (difference.observation, difference.turn, difference.field) == (1, 6, "text")
    assert difference.offset == len(b'{"id":"b1","author":"Ann ')
    assert "Ölsen" in difference.recorded and "Olsen" in difference.replayed


def test_another_status_is_a_difference() -> None:
    report = replay(finished(), lambda record: (Seen(s.text, 200) for s in faithful(record)))
    assert (
        str(report.difference) == "observation 0 (turn 3): status: recorded '429', replayed '200'"
    )


def test_a_shorter_and_a_longer_rerun_are_differences() -> None:
    short = replay(finished(), lambda record: list(faithful(record))[:1])
    long = replay(finished(), lambda record: [*faithful(record), Seen("more", 200)])
    assert short.difference is not None and short.difference.field == "missing"
    assert long.difference is not None and long.difference.field == "extra"
    assert (short.compared, long.compared) == (1, 2)


def test_a_record_from_before_is_read_and_written_but_not_replayed() -> None:
    value = finished(version=1).model_dump()
    del value["outcome"]["claim"], value["outcome"]["kind"]
    old = Trajectory.from_value(value)
    assert (old.version, old.outcome.claim, old.outcome.kind) == (1, None, None)
    assert Trajectory.from_bytes(old.to_bytes()) == old
    with pytest.raises(RecordError, match="of version 1 can be read and exported but not replayed"):
        replay(old, faithful)
