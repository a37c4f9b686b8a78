"""Parameter styles: a value as text and back (OpenAPI 3.1 §4.8.12, RFC 6570).

Parts are percent-encoded one by one and joined by bare delimiters, so a comma inside an item
survives where the reader splits before decoding. Clients that encode the delimiters too are
understood as well: when no bare delimiter is there, an encoded one splits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from sandbox.document.operations import Parameter
from sandbox.document.url_texts import (
    from_json,
    is_list,
    json_text,
    one_line,
    quote,
    quote_segment,
    text,
)
from sandbox.document.value_kinds import Shape
from sandbox.messages import ABSENT

Pairs = list[tuple[str, str]]

MAX_BRACKETS: Final = 64
_RESERVED: Final = "/?:@!$'()*,;"
_DELIMITERS: Final = {"spaceDelimited": ("%20", " ", "+"), "pipeDelimited": ("|", "%7C", "%7c")}


def encode_path(parameter: Parameter, value: Any) -> str:
    """The percent-encoded text that replaces `{name}` in a path."""
    if parameter.media_type is not None:
        return quote_segment(json_text(value))
    name, explode = parameter.name, parameter.explode
    prefix = {"label": ".", "matrix": ";"}.get(parameter.style, "")
    if isinstance(value, Mapping):
        pairs = [
            (quote_segment(str(key)), quote_segment(text(item))) for key, item in value.items()
        ]
        if explode:
            joint = prefix or ","
            return prefix + joint.join(f"{key}={item}" for key, item in pairs)
        flat = ",".join(part for pair in pairs for part in pair)
        return f";{name}={flat}" if prefix == ";" else prefix + flat
    if is_list(value):
        items = [quote_segment(text(item)) for item in value]
        if prefix == ";":
            if explode:
                return "".join(f";{name}={item}" for item in items)
            return f";{name}=" + ",".join(items)
        return prefix + ("." if prefix and explode else ",").join(items)
    shown = quote_segment(text(value))
    if prefix == ";":
        return f";{name}={shown}" if shown else f";{name}"
    return prefix + shown


def decode_path(parameter: Parameter, raw: str, shape: Shape) -> Any:
    """The value of a percent-encoded path part."""
    if parameter.media_type is not None:
        return from_json(unquote(raw))
    style = parameter.style
    structured = bool(shape.kinds & {"array", "object"}) and not shape.free
    if style == "label":
        raw = raw.removeprefix(".")
    elif style == "matrix":
        return _decode_matrix(parameter, raw, shape, structured)
    if not structured:
        return shape.scalar(unquote(raw))
    # Before 3.0.4 OpenAPI joined labels by dots; RFC 6570 and what came after do by commas.
    dotted = style == "label" and (parameter.explode or "," not in raw)
    joint = "." if dotted else ","
    return _structure(_split_at(raw, joint), parameter.explode, shape)


def _decode_matrix(parameter: Parameter, raw: str, shape: Shape, structured: bool) -> Any:
    parts = [part for part in raw.split(";") if part]
    own = f"{parameter.name}="
    if not structured:
        first = parts[0] if parts else ""
        return shape.scalar(unquote(first.removeprefix(own) if first.startswith(own) else ""))
    if parameter.explode:
        if "object" in shape.kinds and "array" not in shape.kinds:
            return _structure(parts, True, shape)
        return _structure([part.removeprefix(own) for part in parts], False, shape)
    return _structure(_split_at((parts or [""])[0].removeprefix(own), ","), False, shape)


def encode_query(parameter: Parameter, value: Any) -> Pairs:
    """The (name, value) pairs of a query parameter, both percent-encoded."""
    safe = _RESERVED if parameter.allow_reserved else ""
    name = quote(parameter.name, safe="[]$")
    if parameter.media_type is not None:
        return [(name, quote(json_text(value), safe=safe))]
    if parameter.style == "deepObject" and isinstance(value, Mapping | list | tuple):
        return [
            (quote(key, safe="[]$"), quote(item, safe=safe))
            for key, item in flatten(parameter.name, value)
        ]
    if isinstance(value, Mapping):
        pairs = [
            (quote(str(key), safe="[]$"), quote(text(item), safe=safe))
            for key, item in value.items()
            if item is not None
        ]
        if parameter.explode:
            return pairs
        joint = _DELIMITERS.get(parameter.style, (",",))[0]
        return [(name, joint.join(part for pair in pairs for part in pair))]
    if is_list(value):
        items = [quote(text(item), safe=safe.replace(",", "")) for item in value]
        if parameter.explode:
            return [(name, item) for item in items]
        return [(name, _DELIMITERS.get(parameter.style, (",",))[0].join(items))]
    return [(name, quote(text(value), safe=safe))]


def decode_query(
    parameter: Parameter, query: Mapping[str, list[str]], shape: Shape, used: set[str]
) -> Any:
    """The value of a query parameter, or ABSENT. `query`: decoded names, raw values.

    The names that were consumed are added to `used`.
    """
    name, style = parameter.name, parameter.style
    structured = bool(shape.kinds & {"array", "object"}) and not shape.free
    if style == "deepObject" or (structured and name not in query and "object" in shape.kinds):
        deep = [(key, raw) for key in query if key.startswith(f"{name}[") for raw in query[key]]
        if deep:
            used.update(key for key, _ in deep)
            pairs = [(key[len(name) :], unquote_plus(raw)) for key, raw in deep]
            return unflatten(pairs, shape)
    if (
        structured
        and style != "deepObject"
        and parameter.explode
        and name not in query
        and "object" in shape.kinds
        and parameter.media_type is None
    ):
        return _exploded_object(query, shape, used)
    # PHP and Rails clients write tags[]=a&tags[]=b.
    key = name if name in query else f"{name}[]"
    raws = query.get(key)
    if raws is None:
        return ABSENT
    used.add(key)
    if parameter.media_type is not None:
        return from_json(unquote_plus(raws[0]))
    if not structured:
        return _one_scalar([unquote_plus(raw) for raw in raws], shape)
    return _decode_structured(parameter, raws, shape)


def _one_scalar(sent: Sequence[str], shape: Shape) -> Any:
    """The value of a name that takes one; where more were sent a list, which is refused."""
    values = [shape.scalar(each) for each in sent]
    return values[0] if len(values) == 1 else values


def _decode_structured(parameter: Parameter, raws: Sequence[str], shape: Shape) -> Any:
    if parameter.explode and "array" in shape.kinds:
        if len(raws) == 1 and shape.kinds - {"array", "object", "null"}:
            return shape.scalar(unquote_plus(raws[0]))
        items = shape.items()
        return [items.scalar(unquote_plus(raw)) for raw in raws]
    if shape.kinds - {"array", "object", "null"} and not any("," in raw for raw in raws):
        return shape.scalar(unquote_plus(raws[-1]))
    parts: list[str] = []
    for raw in raws:
        if raw:
            parts.extend(_split_at(raw, *_DELIMITERS.get(parameter.style, (",",)), plus=True))
    return _structure(parts, False, shape, plus=True)


def _exploded_object(query: Mapping[str, list[str]], shape: Shape, used: set[str]) -> Any:
    """form + explode: the object's properties stand in the query as names of their own."""
    found = {
        key: _one_scalar([unquote_plus(raw) for raw in raws], shape.property(key))
        for key, raws in query.items()
        if key not in used and shape.property_schema(key) is not True
    }
    used.update(found)
    return found or ABSENT


def encode_header(parameter: Parameter, value: Any) -> str:
    """A header value: simple style, line breaks and NULs replaced by spaces."""
    if parameter.media_type is not None:
        return one_line(json_text(value))
    if isinstance(value, Mapping):
        joint = "=" if parameter.explode else ","
        return one_line(",".join(f"{key}{joint}{text(item)}" for key, item in value.items()))
    if is_list(value):
        return one_line(",".join(text(item) for item in value))
    return one_line(text(value))


def decode_header(parameter: Parameter, raw: str, shape: Shape) -> Any:
    """The value of a header; nothing is percent-decoded in headers."""
    raw = raw.strip()
    if parameter.media_type is not None:
        return from_json(raw)
    if shape.free or not shape.kinds & {"array", "object"}:
        return shape.scalar(raw)
    parts = [part.strip() for part in raw.split(",")] if raw else []
    return _structure(parts, parameter.explode, shape, encoded=False)


def encode_cookie(parameter: Parameter, value: Any) -> Pairs:
    """The pairs of a cookie parameter."""
    if parameter.media_type is not None:
        return [(parameter.name, quote_segment(json_text(value)))]
    if isinstance(value, Mapping):
        flat = [part for key, item in value.items() for part in (str(key), text(item))]
        return [(parameter.name, ",".join(map(quote_segment, flat)))]
    if is_list(value):
        return [(parameter.name, ",".join(quote_segment(text(item)) for item in value))]
    return [(parameter.name, quote_segment(text(value)))]


def decode_cookie(parameter: Parameter, raw: str, shape: Shape) -> Any:
    """The value of a cookie."""
    if parameter.media_type is not None:
        return from_json(unquote(raw))
    if shape.free or not shape.kinds & {"array", "object"}:
        return shape.scalar(unquote(raw))
    return _structure(_split_at(raw, ",") if raw else [], False, shape)


def flatten(name: str, value: Any, depth: int = 0) -> Pairs:
    """Nested values as `a[b][0]=c` pairs (Stripe, Rails, PHP); nulls as empty texts."""
    if depth > MAX_BRACKETS:
        return [(name, json_text(value))]
    if isinstance(value, Mapping):
        inner = [(f"{name}[{key}]", item) for key, item in value.items()]
    elif is_list(value):
        inner = [(f"{name}[{index}]", item) for index, item in enumerate(value)]
    else:
        return [(name, "" if value is None else text(value))]
    return [pair for key, item in inner for pair in flatten(key, item, depth + 1)]


def unflatten(pairs: Sequence[tuple[str, str]], shape: Shape, depth: int = 0) -> Any:
    """The value of `[b][0]=c` pairs (name already cut off), typed by the shape.

    Below 64 brackets the rest of a name is not read.
    """
    if depth > MAX_BRACKETS:
        return pairs[0][1]
    if "array" in shape.kinds and not shape.kinds & {"string", "object"}:
        # A list written as its name over and over: `a[tags]=x&a[tags]=y`.
        if not any(key for key, _ in pairs):
            return [shape.items().scalar(value) for _, value in pairs]
    if len(pairs) > 1 and not any(key for key, _ in pairs):
        return _one_scalar([value for _, value in pairs], shape)
    children: dict[str, list[tuple[str, str]]] = {}
    for key, value in pairs:
        if not key.startswith("[") or "]" not in key:
            return shape.scalar(value)
        head, _, rest = key[1:].partition("]")
        children.setdefault(head, []).append((rest, value))
    listed = all(not head or head.isdecimal() for head in children)
    if listed and ("array" in shape.kinds or "object" not in shape.kinds):
        items = shape.items()
        made: list[Any] = []
        for head, inner in children.items():
            groups = [[pair] for pair in inner] if not head else [inner]
            made.extend(unflatten(group, items, depth + 1) for group in groups)
        return made
    return {
        head: unflatten(inner, shape.property(head), depth + 1) for head, inner in children.items()
    }


def _structure(
    parts: Sequence[str], explode: bool, shape: Shape, *, plus: bool = False, encoded: bool = True
) -> Any:
    """Parts of a list or of an object, whichever the shape admits."""
    plain = (unquote_plus if plus else unquote) if encoded else str
    if "array" in shape.kinds:
        items = shape.items()
        return [items.scalar(plain(part)) for part in parts]
    if explode:
        pairs = [part.partition("=")[::2] for part in parts]
    else:
        pairs = list(zip(parts[::2], [*parts[1::2], ""], strict=False))
    return {plain(key): shape.property(plain(key)).scalar(plain(item)) for key, item in pairs}


def _split_at(raw: str, *delimiters: str, plus: bool = False) -> list[str]:
    for delimiter in delimiters:
        if delimiter in raw:
            return raw.split(delimiter)
    decoded = (unquote_plus if plus else unquote)(raw)
    if delimiters[0] in decoded:
        return [quote(part, safe="=") for part in decoded.split(delimiters[0])]
    return [raw]
