"""What a schema admits: objects that are one by `allOf`, and texts as values of its type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from agent.runtime.forms.request_values import ISO_DATE, is_number
from sandbox import exact_json
from trajectories.tool_docs import follow_reference

_FORMATS: Final[dict[str, re.Pattern[str]]] = {
    "date": ISO_DATE,
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\Z"),
    "uri": re.compile(r"\w+://\S+\Z"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z"),
}


_EXAMPLES: Final = re.compile(
    r"\b(?:e\.?g\b\.?|such as|either|one of|options?|values?|like|for example)(?!\w)[^.\n]*"
    r"|\([^)]*\)"
    r"|[\"'`][^\"'`\n]+[\"'`]",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"[\w-]+")


def examples_in(schema: Mapping[str, Any], spoken: Iterable[str]) -> list[str]:
    """The words spoken that the description of a value gives as examples of it, as it writes them;
    but not the ones that it explains itself with anyway."""
    described = str(schema.get("description") or "")
    given = " ".join(_EXAMPLES.findall(described))
    plain = set(_WORDS.findall(_EXAMPLES.sub(" ", described).lower()))
    said = {word.lower() for word in spoken} - plain
    return [word for word in dict.fromkeys(_WORDS.findall(given)) if word.lower() in said]


def as_one_object(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema whose `allOf` are objects as one object; others as they are."""
    if "allOf" not in schema:
        return schema
    parts = [follow_reference(part, root) for part in schema["allOf"]]
    parts = [as_one_object(part, root) for part in parts if isinstance(part, Mapping)]
    if not any("properties" in part for part in parts):
        return schema
    rest = {name: value for name, value in schema.items() if name != "allOf"}
    properties: dict[str, Any] = {}
    for part in (*parts, schema):
        properties |= part.get("properties") or {}
    needed = [name for part in (*parts, schema) for name in part.get("required") or ()]
    return {**rest, "type": "object", "properties": properties, "required": needed}


def without_null(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema that is one of several by `anyOf` or `oneOf`, all but one null, as that one."""
    for word in ("anyOf", "oneOf"):
        parts = [follow_reference(part, root) for part in schema.get(word) or ()]
        own = [part for part in parts if isinstance(part, Mapping) and part.get("type") != "null"]
        if len(own) == 1 and len(parts) == 2:
            return {name: value for name, value in schema.items() if name != word} | dict(own[0])
    return schema


def fitting_values(texts: Iterable[str], schema: Mapping[str, Any], kind: str) -> list[Any]:
    """The texts that a schema admits, as its values, each once."""
    if kind == "boolean":
        return [text == "true" for text in texts if text in ("true", "false")]
    if kind in ("integer", "number"):
        read = (_without_percent(text, schema, kind) for text in texts)
        numbers = [exact_json.loads(text) for text in read if _reads(text, kind)]
        return list(dict.fromkeys(numbers))
    if "enum" in schema:
        spoken = {str(value).lower().replace("_", " "): value for value in schema["enum"]}
        given = [spoken.get(text.lower().replace("_", " ")) for text in texts]
        return list(dict.fromkeys(value for value in given if value is not None))
    pattern, form = schema.get("pattern"), _FORMATS.get(str(schema.get("format")))
    most = schema.get("maxLength", 2000)
    return list(
        dict.fromkeys(
            text
            for text in texts
            if len(text) <= most
            and (form is None or form.match(text))
            and (not isinstance(pattern, str) or _matches(pattern, text))
        )
    )


def _without_percent(text: str, schema: Mapping[str, Any], kind: str) -> str:
    """A share such as "5%" as the number that a value takes: 5 where it is whole or its description
    speaks of percent, else 0.05."""
    if not text.endswith("%") or not is_number(text[:-1]):
        return text
    is_whole = kind == "integer" or "percent" in str(schema.get("description") or "").lower()
    return text[:-1] if is_whole else f"{(Decimal(text[:-1]) / 100).normalize():f}"


def _reads(text: str, kind: str) -> bool:
    return is_number(text) and len(text) < 20 and (kind == "number" or "." not in text)


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def type_of(schema: Mapping[str, Any]) -> str:
    """The type that a schema names first, null aside; empty where it names none."""
    kind = schema.get("type", "object" if "properties" in schema else "")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "")
    return str(kind)
