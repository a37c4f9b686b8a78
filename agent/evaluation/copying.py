"""A baseline that reads nothing but words: the tool nearest to the request, arguments copied."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from agent.evaluation.replies import NONE, Reply, read_call
from agent.evaluation.steps import Step

_WORD: Final = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}")
_NUMBER: Final = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w])")
_QUOTED: Final = re.compile(r"[\"“'‘]([^\"”'’]{1,80})[\"”'’]")
_TOKEN: Final = re.compile(r"\S*[@\d/]\S*[\w]")
_NAME: Final = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w-]*(?: [A-Z][\w-]*)*")
_STOP: Final = frozenset(
    "the and for with that this you can please of get api from are what".split()
)


def copy(step: Step) -> Reply:
    """Call the unused tool that shares most words with the request; stop when none shares any."""
    request = next((turn.content for turn in reversed(step.history) if turn.role == "user"), "")
    used = {read_call(turn.content)[0] for turn in step.history if turn.role == "caller"}
    asked = _words(request)
    # A word that many tools share tells them apart less.
    shares = {tool["function"]["name"]: asked & _tool_words(tool) for tool in step.tools}
    spread = {word: sum(word in share for share in shares.values()) for word in asked}
    worth = {
        name: sum(1 / spread[word] for word in sorted(share))
        for name, share in shares.items()
        if name not in used
    }
    best = max(worth, key=worth.__getitem__, default=NONE)
    if not worth.get(best):
        seen = [turn.content for turn in step.history if turn.role == "observation"]
        return Reply("finish", answer=seen[-1]) if seen else Reply("give_up")
    [parameters] = [
        tool["function"].get("parameters") or {}
        for tool in step.tools
        if tool["function"]["name"] == best
    ][:1]
    return Reply("call", best, json.dumps(_arguments(parameters, request), ensure_ascii=False))


def _words(text: str) -> frozenset[str]:
    stems = (word.lower().rstrip("s") for word in _WORD.findall(text))
    return frozenset(stem for stem in stems if stem not in _STOP)


def _tool_words(tool: Mapping[str, Any]) -> frozenset[str]:
    function = tool["function"]
    return _words(f"{function['name']} {function.get('description') or ''}")


def _arguments(parameters: Mapping[str, Any], request: str) -> dict[str, Any]:
    """Required arguments from the request's own words, each used once; enumerations by match."""
    numbers = iter(_NUMBER.findall(request))
    texts = _texts(request)
    required = set(parameters.get("required") or ())
    found: dict[str, Any] = {}
    for name, schema in (parameters.get("properties") or {}).items():
        kind = schema.get("type") if isinstance(schema, Mapping) else None
        value: Any = None
        if isinstance(schema, Mapping) and schema.get("enum"):
            options = (o for o in schema["enum"] if str(o).lower() in request.lower())
            value = next(options, None)
        elif name not in required:
            continue
        elif kind in ("integer", "number"):
            text = next(numbers, None)
            value = None if text is None else float(text) if "." in text else int(text)
        elif kind in ("string", None):
            value = next(texts, None)
        if value is not None:
            found[name] = value
    return found


def _texts(request: str) -> Iterator[str]:
    """Spans that look like values, the surest kind first."""
    seen: set[str] = set()
    for pattern in (_QUOTED, _TOKEN, _NAME):
        for match in pattern.finditer(request):
            span = match.group(match.lastindex or 0)
            if span not in seen:
                seen.add(span)
                yield span
