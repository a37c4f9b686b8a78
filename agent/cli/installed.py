"""`wavetank doctor`: what is installed, and what is missing."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import typer

from agent.cli.console import show
from agent.cli.inspecting import Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


_PARTS = {
    "local": ("torch", "transformers", "peft", "accelerate", "safetensors", "gguf", "llguidance"),
    "mcp": ("mcp",),
    "ray": ("ray",),
    "postgres": ("psycopg",),
    "export": ("datasets", "pyarrow", "atif"),
}


def doctor(json: Json = False) -> None:
    """What is installed, what resolves where, what is missing."""
    from agent.installation import how_to_add

    rows: list[dict[str, Any]] = []
    for name in ("sandbox", "agent", "specs", "trajectories"):
        found = find_spec(name)
        rows.append(
            {
                "what": f"package {name}",
                "state": "ok" if found else "missing",
                "where": found.origin if found else None,
            }
        )
    for extra, names in _PARTS.items():
        missing = [name for name in names if find_spec(name) is None]
        state = "ok" if not missing else f"missing: {how_to_add(extra)}"
        rows.append(
            {
                "what": f"extra {extra}",
                "state": state,
                "where": ", ".join(f"{n} {_version(n)}" for n in names if n not in missing),
            }
        )
    if find_spec("torch") is not None:
        rows.append(_numbers())
    show(rows, json=json)


def _numbers() -> dict[str, Any]:
    """What local models compute in on this machine."""
    from agent.backends.local.checkpoint import numbers_and_place

    numbers, place = numbers_and_place()
    slow = " (no bfloat16 here: training and decoding take 3 to 5 times as long)"
    state = numbers + (slow if numbers == "float32" else "")
    return {"what": "local models", "state": state, "where": place}


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "?"
