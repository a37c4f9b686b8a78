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
# Inside the sandbox: each room may import those named here and itself. `providers` resolves, by
# name, the presets and clients that a world offers from the rooms above it.
_BASE = {"draws", "errors", "exact_json", "messages", "notebook", "plans", "providers"}
_FACTS = _BASE | {"document", "conventions"}
_WORLD = _FACTS | {"values", "tools", "world"}
INSIDE = {
    **{name: {"errors", "notebook"} for name in _BASE},
    "document": _BASE,
    "conventions": _BASE | {"document", "values"},
    "values": _BASE | {"document"},
    "tools": _FACTS | {"values"},
    "world": _WORLD,
    "faults": _WORLD,
    "drift": _WORLD,
    "tasks": _WORLD | {"faults", "drift"},
    "transports": _WORLD | {"faults", "drift", "tasks"},
    "invention": {"draws", "errors", "drift"},
}
CIRCLES = {"sandbox.faults.registry", "sandbox.drift.registry", "sandbox.faults.plan"}
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


def runtime_imports(file: Path) -> Iterator[str]:
    """Dotted names that a module imports at any time; what only type checkers see is left out."""
    tree = ast.parse(file.read_text())
    checked = [
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    ]
    for node in ast.walk(tree):
        if node in checked:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_rooms_of_the_sandbox_import_downwards_only() -> None:
    root = Path(importlib.import_module("sandbox").__file__ or "").parent
    for file in root.rglob("*.py"):
        room = file.relative_to(root).with_suffix("").parts[0]
        if room in ("plugin", "__init__"):
            continue
        names = (name.split(".") for name in runtime_imports(file) if name.startswith("sandbox."))
        wrong = {name[1] for name in names} - INSIDE[room] - {room}
        assert not wrong, f"{file} imports {wrong}"


def _modules() -> dict[str, Path]:
    found = {}
    for package in sorted(OURS):
        root = Path(importlib.import_module(package).__file__ or "").parent
        for file in root.rglob("*.py"):
            parts = (package, *file.relative_to(root).with_suffix("").parts)
            found[".".join(part for part in parts if part != "__init__")] = file
    return found


def test_modules_form_circles_only_around_registries() -> None:
    modules = _modules()
    graph: dict[str, set[str]] = {}
    for name, file in modules.items():
        found = {n if n in modules else n.rpartition(".")[0] for n in runtime_imports(file)}
        graph[name] = (found & modules.keys()) - {name}
    # What imports nothing that is left, or is imported by nothing that is left, is in no circle.
    for registry in CIRCLES:
        graph.pop(registry, None)
    while True:
        free = {name for name, found in graph.items() if not found & graph.keys()}
        if not free:
            break
        graph = {name: found for name, found in graph.items() if name not in free}
    assert not graph, sorted(graph)
