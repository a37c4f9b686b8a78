"""pytest plugin: a seeded world as a fixture. Uniquely named, safe beside a user's own packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox import Session


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "wavetank(document, **options): the world and the session options of the fixture "
        "`wavetank_session`",
    )


@pytest.fixture
def wavetank_session(request: pytest.FixtureRequest) -> Session:
    """A fresh session of the document named by `@pytest.mark.wavetank(document, seed=…)`."""
    try:
        from sandbox import World
    except ImportError as error:
        pytest.fail(f"another package called 'sandbox' hides Wavetank's: {error}")
    marker = request.node.get_closest_marker("wavetank")
    document: Any = marker.args[0] if marker and marker.args else "bookshop"
    options: dict[str, Any] = dict(marker.kwargs) if marker else {}
    return World.load(document).session(**options)
