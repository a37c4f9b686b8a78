"""Grammars that hold a role to the protocol while it writes, built from the offered tools.

Under the caller's grammar a malformed or invented call cannot be written: only an offered name,
then JSON that its schema admits. Schemas are followed as far as llguidance can; a tool whose schema
it cannot compile is held to `a JSON object`, and counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from trajectories.rows import TAGS

PLANNER: Final = (
    "start: /(.|\\n){1,1200}"
    + "("
    + "|".join(tag.replace(".", "\\.") for tag in TAGS.values())
    + ")/"
)
"""A thought of any words that ends in exactly the tag position the parser reads."""

# One line of JSON, spelt as our own trajectories spell it: no freedom that a small model can
# get lost in, and no argument that the schema does not name.
_STYLE: Final = {
    "whitespace_flexible": False,
    "item_separator": ",",
    "key_separator": ":",
    "lenient": True,
}


@dataclass(frozen=True, slots=True)
class CallerGrammar:
    """A grammar in llguidance's Lark dialect, and the tools it holds only loosely."""

    lark: str
    loose: tuple[str, ...]


def caller_grammar(tools: Sequence[Mapping[str, Any]]) -> CallerGrammar:
    """The grammar of one call of one of `tools` (openai form): ` Action: …\\nAction Input: …`."""
    return _compile(json.dumps([tool["function"] for tool in tools], sort_keys=False))


@lru_cache(maxsize=256)
def _compile(functions: str) -> CallerGrammar:
    lines, loose = [], []
    offered = json.loads(functions)
    for index, function in enumerate(offered):
        schema = _close(function.get("parameters") or {})
        if not _compiles(schema):
            loose.append(str(function["name"]))
            schema = {"type": "object"}
        start = json.dumps(f" Action: {function['name']}\nAction Input: ", ensure_ascii=False)
        lines.append(f"call{index}: {start} arguments{index}")
        lines.append(f"arguments{index}: %json {json.dumps(schema | {'x-guidance': _STYLE})}")
    heads = " | ".join(f"call{index}" for index in range(len(offered)))
    return CallerGrammar("\n".join([f"start: {heads}", *lines]), tuple(loose))


def _close(schema: Mapping[str, Any]) -> dict[str, Any]:
    closed = {"type": "object", **schema}
    if not any(key in schema for key in ("allOf", "anyOf", "oneOf", "$ref", "patternProperties")):
        closed.setdefault("additionalProperties", False)
    return closed


def _compiles(schema: Mapping[str, Any]) -> bool:
    from llguidance import LLMatcher

    try:
        grammar = LLMatcher.grammar_from_json_schema(dict(schema), overrides=_STYLE)
    except (ValueError, RuntimeError, TypeError):
        return False
    return not LLMatcher.validate_grammar(grammar)
