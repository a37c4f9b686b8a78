"""Ctrl-C in the middle: what was played is kept, the command says so, and nothing is left over."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from agent.collect.interrupts import Interrupts
from trajectories import Store

SLOW = "sleep 0.3\necho Done.\n"


def stopped(store: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and standard error of a command that gets Ctrl-C once something is stored."""
    command = [sys.executable, "-m", "agent.cli", *arguments, "--store", str(store)]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    end = monotonic() + 400
    while child.poll() is None and monotonic() < end and not _count(store):
        sleep(0.2)
    os.killpg(child.pid, signal.SIGINT)
    _, complaint = child.communicate(timeout=120)
    assert _ends(child.pid), "something of the command still runs"
    return child.returncode, complaint


def _ends(group: int) -> bool:
    """Whether a group of processes is gone soon; Python's own helpers end last."""
    end = monotonic() + 30
    while monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        sleep(0.1)
    return False


def _count(store: Path) -> int:
    if not store.exists():
        return 0
    with Store.open(store) as opened:
        return opened.count()


@pytest.mark.soak
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_collection_keeps_what_was_played(tmp_path: Path, workers: str) -> None:
    (program := tmp_path / "slow.sh").write_text(SLOW)
    agent = f"command:/bin/sh {program}"
    kept = tmp_path / "runs.db"
    code, complaint = stopped(
        kept, "collect", "bookshop", "-n", "900", "--agent", agent, "--workers", workers
    )
    assert code == 130 and "Traceback" not in complaint
    found = re.search(r"stopped by Ctrl-C: (\d+) trajectories", complaint)
    assert found is not None and int(found[1]) == _count(kept) > 0


@pytest.mark.soak
def test_stress_reports_what_ran(tmp_path: Path) -> None:
    kept = tmp_path / "runs.db"
    asked = ("stress", "bookshop", "--agent", "scripted:polite", "--suite", "full", "-n", "200")
    code, complaint = stopped(kept, *asked)
    assert code == 130 and "Traceback" not in complaint
    assert "stopped by Ctrl-C; the report covers what ran" in complaint


@pytest.fixture
def usual_handler() -> Iterator[None]:
    """Python's own way with Ctrl-C, also where the tests run in the background and hear none."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_interrupt_is_noted_and_the_second_ends_at_once(usual_handler: None) -> None:
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        assert interrupts.arrived
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
