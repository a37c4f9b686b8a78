"""Write the frozen outputs anew, and say which of them differ: `python -m tests.golden`.

`python -m tests.golden facts "walk through"` writes the parts alone whose name has one of the
words. Needs WAVETANK_CORPUS, the folder of the real documents.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.golden.outputs import parts

FROZEN = Path(__file__).with_name("frozen.json")


def main(words: list[str]) -> None:
    before = json.loads(FROZEN.read_text()) if FROZEN.exists() else {}
    now: dict[str, dict[str, str]] = {}
    for part, outputs in parts().items():
        if words and not any(word in part for word in words):
            now[part] = before.get(part, {})
            continue
        with tempfile.TemporaryDirectory() as folder:
            now[part] = dict(outputs(Path(folder)))
        for name in sorted(before.get(part, {}).keys() | now[part].keys()):
            old, new = before.get(part, {}).get(name, "new"), now[part].get(name, "gone")
            if old != new:
                sys.stdout.write(f"{name}: {old} -> {new}\n")
    FROZEN.write_text(json.dumps(now, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
