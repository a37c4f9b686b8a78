"""A killed writer leaves no half record, and running it again ends with exactly the set."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from sandbox.draws import Draw
from tests.trajectories.little import finished
from trajectories.store import Store

WRITE = """
import sys
from tests.trajectories.little import finished
from trajectories import Store
place, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with Store.open(place) as store:
    for start in range(first, last, 5):
        store.add_many(finished(number) for number in range(start, min(start + 5, last)))
        print(start, flush=True)
"""


def writer(place: str, first: int, last: int) -> subprocess.Popen[str]:
    """A process that stores the records first ≤ number < last."""
    command = [sys.executable, "-c", WRITE, place, str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def check_whole(place: str, last: int) -> int:
    """Every stored record is one of the asked-for, byte for byte; returns how many there are."""
    asked = {record.id: record.digest() for record in map(finished, range(last))}
    with Store.open(place) as store:
        found = {record.id: record.digest() for record in store.iterate()}
        assert store.count(text="wrote") == store.count(fault="H01") == len(found)
    assert found.items() <= asked.items()
    return len(found)


def kill_and_finish(place: str, *, last: int, kills: int) -> None:
    """Start, kill at a moment that differs each time, start again; in the end nothing lacks."""
    for turn in range(kills):
        with writer(place, 0, last) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(Draw("kill", turn).unit() * 0.15)
            process.send_signal(signal.SIGKILL)
        check_whole(place, last)
    with writer(place, 0, last) as process:
        process.communicate()
    assert process.returncode == 0
    assert check_whole(place, last) == last


def test_two_kills(place: str) -> None:
    kill_and_finish(place, last=150, kills=2)


@pytest.mark.soak
def test_twenty_kills(place: str) -> None:
    kill_and_finish(place, last=2000, kills=20)


def test_writers_with_overlapping_work_lose_and_double_nothing(place: str) -> None:
    Store.open(place).close()
    writers = [writer(place, first, first + 120) for first in (0, 40, 80)]
    for process in writers:
        process.communicate()
    assert [process.returncode for process in writers] == [0, 0, 0]
    assert check_whole(place, 200) == 200
