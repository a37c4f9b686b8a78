"""Write the frozen outputs anew, and say which of them differ: `python -m tests.golden`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.golden.outputs import outputs

FROZEN = Path(__file__).with_name("frozen.json")


def main() -> None:
    before = json.loads(FROZEN.read_text()) if FROZEN.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        now = outputs(Path(folder))
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            sys.stdout.write(f"{name}: {before.get(name, 'new')} -> {now.get(name, 'gone')}\n")
    FROZEN.write_text(json.dumps(now, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
