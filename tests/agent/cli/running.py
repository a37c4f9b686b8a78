"""The console command in a child process, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("wavetank")


def wavetank(*arguments: str | Path, check: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run the command; `check` is the exit code expected, None takes any."""
    done = subprocess.run(
        [str(COMMAND), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "COLUMNS": "160", "NO_COLOR": "1"},
        check=False,
    )
    if check is not None:
        assert done.returncode == check, done.stdout + done.stderr
    return done
