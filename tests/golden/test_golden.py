"""What the product says is what it said; a change on purpose is written with its reason.

After one: `python -m tests.golden` writes the digests anew and prints which of them differ.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.golden.__main__ import FROZEN
from tests.golden.outputs import parts

PARTS = parts()


@pytest.mark.parametrize("part", PARTS)
def test_every_frozen_output_is_as_it_was(part: str, tmp_path: Path) -> None:
    if part == "exports" or part.startswith("scoring on "):
        pytest.importorskip("pyarrow", reason="needs the extra 'export'")
    if " of real " in part and not os.environ.get("WAVETANK_CORPUS"):
        pytest.skip("WAVETANK_CORPUS is not set: tests on real documents are skipped")
    frozen, now = json.loads(FROZEN.read_text())[part], dict(PARTS[part](tmp_path))
    differing = sorted(
        name for name in frozen.keys() | now.keys() if frozen.get(name) != now.get(name)
    )
    advice = "changed on purpose? then `python -m tests.golden`"
    assert not differing, f"{advice}: {', '.join(differing)}"
