"""The package root: light to import, and everything that it promises is there."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys, time
start = time.process_time()
import sandbox
spent = time.process_time() - start
assert spent < 0.15, spent
sandbox.malformed_calls
heavy = {"hypothesis", "fastapi", "mcp", "respx", "torch"} & set(sys.modules)
assert not heavy, heavy
assert callable(sandbox.malformed_calls) and sandbox.World.load and "World" in dir(sandbox)
"""


def test_importing_is_cheap_and_pulls_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
