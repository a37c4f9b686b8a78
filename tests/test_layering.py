"""The arrows of ARCHITECTURE.md: who may import whom. Forbidden unless listed."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

OURS = {"specs", "sandbox", "trajectories", "agent"}
MAY = {
    "specs": set[str](),
    "sandbox": {"specs"},
    "trajectories": set[str](),
    "agent": {"specs", "sandbox", "trajectories"},
}
HEAVY = {"torch", "transformers", "peft"}
HEAVY_HOMES = ("agent/backends/local", "agent/training")


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", sorted(OURS))
def test_arrows_point_one_way(package: str) -> None:
    root = Path(importlib.import_module(package).__file__ or "").parent
    for file in root.rglob("*.py"):
        if "plugin" in file.parts:
            continue
        wrong = (set(imported(file)) & OURS) - MAY[package] - {package}
        assert not wrong, f"{file} imports {wrong}"


@pytest.mark.parametrize("package", sorted(OURS))
def test_torch_stays_where_models_live(package: str) -> None:
    root = Path(importlib.import_module(package).__file__ or "").parent
    for file in root.rglob("*.py"):
        home = f"{package}/{file.relative_to(root).as_posix()}"
        if not home.startswith(HEAVY_HOMES):
            assert not set(imported(file)) & HEAVY, file
