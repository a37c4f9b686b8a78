"""Where a figure comes from: hardware and versions, for every published number."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("wavetank", "torch", "transformers", "peft", "jsonschema-rs", "openapi-core")


def versions() -> dict[str, str]:
    """Versions of ourselves, of Python and of the packages that move numbers."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def hardware() -> str:
    """Processor, cores and memory in one line."""
    memory = _memory()
    return f"{_processor()}, {os.cpu_count()} cores" + (f", {memory} GB" if memory else "")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> int | None:
    info = Path("/proc/meminfo")
    if not info.is_file():
        return None
    return round(int(info.read_text().split()[1]) / 1024**2)
