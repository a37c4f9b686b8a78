"""The document's own examples and defaults for a field: shown sometimes, when they are valid."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any, Final

from sandbox.values.keys import mix
from sandbox.values.lexicon import tokens, topic
from sandbox.values.nodes import Node
from sandbox.values.prose import examples
from sandbox.values.run import Make, Run

# An example of these would make different entities share what must tell them apart.
_DATED: Final = re.compile(r"\d{4}-\d\d-\d\d")
_OWN: Final = ("code.", "person.", "place.", "link.", "time.")


def example_maker(parent: Node, name: str, child: Node) -> Make | None:
    """A maker that sometimes shows a valid example; None where there is none to show."""
    if topic(name)[0].startswith(_OWN) or tokens(name)[-1:] in (("id",), ("ids",), ("number",)):
        return None
    values = [value for value in _examples(parent, name, child) if _usable(child, value)]
    if not values:
        return None
    count = len(values)
    # Free text of an unknown topic is best said by the document; a number varies more.
    about = topic(name)[0]
    known = about != "" or not isinstance(values[0], str)
    share = 6 if about == "name.any" else (16 if known else 40) + 4 * min(count, 4)

    def make(key: int, owner: int, run: Run) -> Any:
        roll = mix(key ^ 0xE9)
        if roll % 64 < share:
            return deepcopy(values[(roll >> 8) % count])
        return child.make(key, owner, run)

    return make


def _examples(parent: Node, name: str, child: Node) -> list[Any]:
    if any("enum" in flat or "const" in flat for flat in child.parts.flats):
        return []
    made = examples(child.parts.flats)
    for flat in parent.parts.flats:
        for whole in (*examples([flat]), flat.get("default")):
            if isinstance(whole, dict) and name in whole:
                made.append(whole[name])
    return [value for value in made if not isinstance(value, (dict, list))]


def _usable(child: Node, value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return False
    if isinstance(value, str) and (value.lower() in ("", "string") or _DATED.match(value)):
        return False
    return holds(child, value)


def holds(node: Node, value: Any) -> bool:
    """Whether a value meets all of a node's conditions."""
    matches = node.graph.judge.matches
    parts = node.parts
    if parts.impossible or any(matches(guard, value) for guard in parts.guards):
        return False
    if not all(matches(flat, value) for flat in parts.flats):
        return False
    for choice in parts.choices:
        hits = sum(matches(branch, value) for branch in choice.branches)
        if not choice.optional and (hits != 1 if choice.exclusive else hits == 0):
            return False
    return True
