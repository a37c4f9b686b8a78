"""A shortened list still answers how many there are."""

from __future__ import annotations

import json
from typing import Any

from trajectories.condensed import condense


def page(**beside: Any) -> str:
    about = {f"note_{number}": "long words " * 9 for number in range(12)}
    rows = [{"id": f"b{number}", "title": f"Book {number}", **about} for number in range(30)]
    return json.dumps({**about, **beside, "items": rows})


def test_totals_and_flags_beside_a_list_stay() -> None:
    short = condense(page(total=431, has_more=True), 600)
    assert '"total":431' in short and '"has_more":true' in short


def test_the_number_of_entries_is_said() -> None:
    assert condense(page(), 600).endswith("characters, 30 entries]")
    inner = json.dumps({"data": json.loads(page())})
    assert condense(inner, 600).endswith("characters, 30 entries]")
    assert condense(json.dumps({"text": "x" * 900}), 600).endswith("characters]")
