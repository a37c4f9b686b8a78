"""Documents, presets and suites that ship with the package, found by name.

Data only: nothing here knows what a document or a preset means.
"""

from __future__ import annotations

from pathlib import Path

__version__ = "0.1.0"

__all__ = ["names", "path", "presets", "suites"]

_ROOT = Path(__file__).parent


def _stems(folder: str) -> tuple[str, ...]:
    return tuple(sorted(entry.stem for entry in (_ROOT / folder).glob("*.yaml")))


def names() -> tuple[str, ...]:
    """The bundled documents, in alphabetical order."""
    return _stems("documents")


def path(name: str, kind: str = "documents") -> Path:
    """Where the bundled file called `name` lies.

    Kinds are documents, faults, drift, suites, grammar and vocabulary.

    Raises KeyError, naming what there is, when there is no such file.
    """
    place = _ROOT / kind / f"{name}.yaml"
    if name not in _stems(kind):
        raise KeyError(f"no {name!r} among the bundled {kind}: {', '.join(_stems(kind)) or 'none'}")
    return place


def presets(kind: str) -> tuple[str, ...]:
    """The bundled presets of a kind: faults or drift."""
    return _stems(kind)


def suites() -> tuple[str, ...]:
    """The bundled stress suites."""
    return _stems("suites")
