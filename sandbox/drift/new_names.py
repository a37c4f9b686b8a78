"""New names for old things: synonyms, long forms of short words, another case style."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from sandbox.draws import Draw

_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")

# Pairs that real changelogs swap; read in both directions.
_PAIRS: Final = (
    ("id", "identifier"), ("qty", "quantity"), ("amount", "total"), ("customer", "client"),
    ("name", "title"), ("description", "details"), ("type", "kind"), ("status", "state"),
    ("created", "opened"), ("updated", "modified"), ("user", "account"), ("email", "mail"),
    ("phone", "telephone"), ("addr", "address"), ("limit", "max"),
    ("query", "search"), ("q", "query"), ("order", "purchase"), ("price", "cost"),
    ("count", "number"), ("start", "begin"), ("end", "finish"), ("url", "link"),
    ("body", "content"), ("message", "text"), ("owner", "holder"), ("tag", "label"),
    ("date", "day"), ("time", "moment"), ("author", "writer"), ("comment", "remark"),
    ("category", "group"), ("code", "key"), ("size", "length"), ("sort", "ordering"),
    ("filter", "where"), ("fields", "columns"), ("per", "each"), ("currency", "money"),
)  # fmt: skip
_SYNONYMS: Final = {**dict(_PAIRS), **{b: a for a, b in _PAIRS}}


def words(name: str) -> list[str]:
    """`customerId`, `customer_id`, `Customer-ID` → ["customer", "id"]."""
    return [word.lower() for word in _WORD.findall(name)]


def style(name: str) -> str:
    """camel, pascal, kebab or snake."""
    if "-" in name:
        return "kebab"
    if "_" in name or name.islower():
        return "snake"
    return "pascal" if name[:1].isupper() else "camel"


def spell(parts: list[str], how: str) -> str:
    """Words in a case style."""
    if how == "kebab":
        return "-".join(parts)
    if how == "snake":
        return "_".join(parts)
    joined = "".join(part.title() for part in parts)
    return joined if how == "pascal" else joined[:1].lower() + joined[1:]


def join_names(outer: str, inner: str, beside: Collection[str] = ()) -> str:
    """The name of what lay in `outer` as `inner`, in the case style of the names beside it."""
    styles = {style(name) for name in (outer, inner, *beside)}
    if "kebab" in styles:
        return f"{outer}-{inner}"
    if "camel" in styles or "pascal" in styles:
        return f"{outer}{inner[:1].upper()}{inner[1:]}"
    return f"{outer}_{inner}"


def plausible_rename(name: str, draw: Draw, taken: Collection[str] = ()) -> str:
    """Another plausible name for the same thing, not among those taken."""
    options = [option for option in _options(name) if option not in taken and option != name]
    if options:
        return draw.choice(options, "name")
    parts = words(name) or [name]
    for suffix in ("value", "info", "data", "item"):
        option = spell([*parts, suffix], style(name)) if words(name) else f"{name}_{suffix}"
        if option not in taken:
            return option
    return f"{name}_new"


def _options(name: str) -> Iterator[str]:
    parts, how = words(name), style(name)
    if not parts:
        return
    for index in reversed(range(len(parts))):
        swap = _SYNONYMS.get(parts[index])
        if swap is not None:
            yield spell([*parts[:index], swap, *parts[index + 1 :]], how)
    if len(parts) > 1:
        yield spell(parts, "camel" if how in ("snake", "kebab") else "snake")


def synonym(word: str) -> str | None:
    """Another word for a noun, in the same number; None when we know none."""
    plural = word.endswith("s") and not word.endswith("ss") and word[:-1] in _SYNONYMS
    swap = _SYNONYMS.get(word[:-1] if plural else word)
    return None if swap is None else swap + ("s" if plural else "")
