"""Files of figures, and where they come from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson

from agent.evaluation.provenance import hardware, versions


def circumstances() -> dict[str, Any]:
    """Threads, hardware and versions of this run."""
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return {"threads": threads, "hardware": hardware(), "versions": versions()}


def write_figures(place: Path, found: Any) -> None:
    """Indented JSON, with a line end."""
    place.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
