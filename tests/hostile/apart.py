"""Work in a process of its own, with limits on its processor time and memory."""

from __future__ import annotations

import os
import resource
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

MEMORY = 3 * 2**30
"""Bytes beyond those of the process that it is forked from, which may be a large one."""


def run_apart(work: Callable[[], str], *, seconds: int = 10) -> str:
    """What `work` returns: "" when all is well. What kills it, or its traceback, comes back too."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        most = _address_space() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        try:
            found = work()
        except BaseException:  # the child must never come back into the test run
            found = traceback.format_exc(limit=-6)
        os.write(writing, found.encode("utf-8", "replace")[-4000:])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        found = pipe.read().decode("utf-8", "replace")
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name} within {seconds} s"
    return found


def _address_space() -> int:
    """Bytes of this process's address space."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()
