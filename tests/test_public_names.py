"""The public surface is a list: sorted, at most twelve names, every one of them there."""

from __future__ import annotations

import importlib

import pytest

PACKAGES = (
    "sandbox",
    "sandbox.drift",
    "sandbox.faults",
    "sandbox.document",
    "sandbox.tasks",
    "sandbox.tools",
    "sandbox.world",
    "specs",
    "trajectories",
)


@pytest.mark.parametrize("package", PACKAGES)
def test_at_most_twelve_names(package: str) -> None:
    module = importlib.import_module(package)
    names = module.__all__
    assert len(names) <= 12
    # Constants, then classes, then functions: the order that the linter keeps.
    assert list(names) == sorted(names, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    assert all(hasattr(module, name) for name in names)
