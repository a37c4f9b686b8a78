"""Names that every provider accepts, and that stay the same when a document is reordered.

Tool names: OpenAI takes `[A-Za-z0-9_-]` up to 64, Gemini wants a letter or underscore first.
Property keys: Anthropic takes `[a-zA-Z0-9_.-]` up to 64, and one bad key fails the whole request.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

if TYPE_CHECKING:
    from sandbox.document import Operation

KEY_LIMIT = 64
_LEGAL_KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_DIGEST = 6


def fingerprint(text: str) -> str:
    """Six hexadecimal digits that depend on the text alone."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()[:_DIGEST]


def _ascii(text: str) -> str:
    return "".join(sign for sign in normalize("NFKD", text) if not combining(sign))


def legal(text: str) -> str:
    """The readable legal core of a text; "" when nothing of it is legal."""
    core = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9-]", "_", _ascii(text))).strip("_-")
    return f"op_{core}" if core[:1].isdigit() else core


def _fit(name: str, key: str, *, limit: int, mark: bool) -> str:
    if len(name) <= limit and not mark:
        return name
    head = name[: limit - _DIGEST - 1].rstrip("_-")
    return f"{head}_{fingerprint(key)}"


def tool_names(operations: Iterable[Operation], *, limit: int = 64) -> Mapping[str, Operation]:
    """Names in document order. A name that two operations share is marked on both of them.

    The mark is a hash of method and path, never a counter, so reordering renames nothing.
    """
    if limit < 16:
        raise ValueError(f"a limit of {limit} characters leaves no room for names; 16 is the least")
    listed = list(operations)
    cores = [_core(operation) for operation in listed]
    heads = Counter(_fit(core, "", limit=limit, mark=False).lower() for core in cores)
    names: dict[str, Operation] = {}
    for core, operation in zip(cores, listed, strict=True):
        key = f"{operation.method} {operation.path}"
        shared = heads[_fit(core, "", limit=limit, mark=False).lower()] > 1
        name = _fit(core, key, limit=limit, mark=shared)
        while name in names:  # a name of the document that equals another one's marked form
            key += "'"
            name = _fit(core, key, limit=limit, mark=True)
        names[name] = operation
    return names


def _core(operation: Operation) -> str:
    return (
        legal(operation.id)
        or legal(f"{operation.method.lower()}_{operation.path}")
        or operation.method.lower()
    )


def key_name(key: str, taken: Collection[str] = ()) -> str:
    """A legal property key for the document's one: itself where it is legal and free."""
    if _LEGAL_KEY.fullmatch(key) and key not in taken:
        return key
    core = re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9_.-]", "_", _ascii(key))).strip("_") or "key"
    name = core[:KEY_LIMIT]
    if len(core) > KEY_LIMIT or name in taken:
        name = f"{core[: KEY_LIMIT - _DIGEST - 1]}_{fingerprint(key)}"
    while name in taken:
        name = f"{core[: KEY_LIMIT - _DIGEST - 1]}_{fingerprint(name)}"
    return name


def inner_name(key: str, taken: Collection[str]) -> str:
    """A legal key for one inside a value. Illegal signs leave a mark (`@type` → `_type`), so that
    the way back confuses it with no ordinary word in a free-form map beside it."""
    if _LEGAL_KEY.fullmatch(key):
        return key
    return key_name(re.sub(r"[^A-Za-z0-9_.-]", "_", _ascii(key))[:KEY_LIMIT] or "_key", taken)


def name_with_location(name: str, location: str, taken: Collection[str]) -> str:
    """`id__path`: the argument name of a parameter whose plain name is already taken."""
    plain = key_name(name)
    if plain not in taken:
        return plain
    return key_name(f"{plain[: KEY_LIMIT - len(location) - 2]}__{location}", taken)
