"""The public surface is a list: sorted, at most twelve names, every one of them there."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import agent
import sandbox
import specs
import trajectories

PACKAGES = sorted(
    [root.__name__ for root in (agent, sandbox, specs, trajectories)]
    + [
        each.name
        for root in (agent, sandbox, trajectories)
        for each in pkgutil.walk_packages(root.__path__, f"{root.__name__}.")
        if each.ispkg and "bundled" not in each.name
    ]
)


@pytest.mark.parametrize("package", PACKAGES)
def test_at_most_twelve_names(package: str) -> None:
    module = importlib.import_module(package)
    names = getattr(module, "__all__", ())
    assert len(names) <= 12
    # Constants, then classes, then functions: the order that the linter keeps.
    assert list(names) == sorted(names, key=lambda n: (not n.isupper(), not n[0].isupper(), n))
    assert all(hasattr(module, name) for name in names)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_hides_outside_the_list(package: str) -> None:
    module = importlib.import_module(package)
    homes = getattr(module, "_HOMES", {})
    assert {name for names in homes.values() for name in names} <= set(
        getattr(module, "__all__", ())
    )
