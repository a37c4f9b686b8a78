"""Very large entities: there are few of them, so that a list costs what one of them does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.world.documents import does, thing, world_of

TEXT = {"type": "string"}


@pytest.mark.parametrize(("least", "most"), [(10, 18), (3000, 3), (9000, 1)])
def test_a_list_of_large_entities_is_short(least: int, most: int) -> None:
    row: dict[str, Any] = {"type": "array", "minItems": least, "items": {"type": "integer"}}
    matrix = thing("id", "row", id=TEXT, row=row)
    listed = does(shows={"type": "array", "items": matrix})
    world = world_of({"/matrices": {"get": listed}})
    shown = world.session(seed=1).state.ids("/matrices")
    assert 1 <= len(shown) <= most and (least > 10 or len(shown) > 3)
