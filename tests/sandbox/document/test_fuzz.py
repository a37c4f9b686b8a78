"""Coverage-guided fuzzing of the loader and of a session, where atheris is installed."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed"),
]


@pytest.mark.parametrize("target", ["load", "ask"])
def test_no_bytes_bring_it_down(target: str, tmp_path: Path) -> None:
    program = Path(__file__).with_name("fuzzed.py")
    done = subprocess.run(
        [sys.executable, str(program), target, "20000"],
        capture_output=True,
        text=True,
        timeout=400,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
