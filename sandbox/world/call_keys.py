"""Keys of calls: what makes two calls the same business call, whatever was written how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Final

import orjson

from sandbox.conventions.vocabulary import key_of, names
from sandbox.messages import ABSENT, Arguments, compact

_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def canonical_key(operation: str, arguments: Arguments) -> bytes:
    """16 bytes that are equal for equal business calls, whatever the order of their fields."""
    header = arguments.header and {
        name.lower(): value for name, value in arguments.header.items() if not _about_one_try(name)
    }
    body = None if arguments.body is ABSENT else arguments.body
    parts = [operation, arguments.path, arguments.query, header, body]
    try:
        packed = compact(orjson.dumps(parts, default=_json_default, option=_CANONICAL))
    except TypeError:  # integers beyond 64 bits, lone surrogates: an agent may send them
        parts = [operation, dict(arguments.path), dict(arguments.query), header, plain_json(body)]
        packed = json.dumps(parts, default=str, sort_keys=True).encode()
    # A call asks for its key up to three times: rules, creates and the ledger's reader.
    return _digest(packed) if len(packed) <= _SHORT else sha256(packed).digest()[:16]


@cache
def _about_one_try(header: str) -> bool:
    """Whether a header tells one try from another, and so says nothing of what is asked for."""
    return key_of(header) in names("try_headers") | names("idempotency", "names")


_SHORT: Final = 1024


@lru_cache(maxsize=4096)
def _digest(packed: bytes) -> bytes:
    return sha256(packed).digest()[:16]


def _json_default(value: Any) -> Any:
    """What JSON has no form for: uploads by digest, mappings as objects, the rest as text."""
    if isinstance(value, Mapping):
        return dict(value)
    return plain_json(value) if isinstance(value, bytes) else str(value)


def plain_json(value: Any) -> Any:
    """Bytes (uploads) by digest; everything else is JSON already."""
    if isinstance(value, bytes):
        return {"bytes": len(value), "sha256": sha256(value).hexdigest()}
    if isinstance(value, dict):
        return {key: plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    return value
