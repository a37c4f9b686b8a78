"""The walk of one call through the modules of `sandbox`, and how often it turns back.

python -m tests.bench.walk DOCUMENT TOOL JSON [--calls N]

A return is a module that is entered again after a later one was entered. Leaves are the modules of
plain values that everybody uses (draws, messages, exact JSON, paths, schemas); the second count
leaves them out. The call is made N times before, so that nothing is compiled on the way.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import sandbox
from sandbox import World

LEAVES = frozenset({"draws", "messages", "exact_json", "conventions/paths", "document/schemas"})
HOME = Path(sandbox.__file__).parent


def walk(world: World, tool: str, arguments: dict[str, Any], calls: int) -> list[str]:
    """The modules that one call enters, in order; one that calls itself stands there once."""
    session, entered = world.session(seed=1), []
    for _ in range(calls):
        session.call(tool, arguments)

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(HOME):
            entered.append(str(path.relative_to(HOME).with_suffix("")))

    sys.setprofile(note)
    session.call(tool, arguments)
    sys.setprofile(None)
    return [name for name, last in zip(entered, ["", *entered], strict=False) if name != last]


def returns(modules: list[str]) -> int:
    """How often a module is entered again after a later one was."""
    return len(modules) - len(set(modules))


def without_leaves(modules: list[str]) -> list[str]:
    plain = [name for name in modules if name not in LEAVES]
    return [name for name, last in zip(plain, ["", *plain], strict=False) if name != last]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("document")
    parser.add_argument("tool")
    parser.add_argument("arguments", type=json.loads)
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args()
    found = walk(World.load(options.document), options.tool, options.arguments, options.calls)
    plain = without_leaves(found)
    print(" > ".join(found))  # noqa: T201
    counts = f"{returns(found)} returns, {returns(plain)} without the leaves"
    print(f"{len(set(found))} modules, {counts}")  # noqa: T201


if __name__ == "__main__":
    main()
