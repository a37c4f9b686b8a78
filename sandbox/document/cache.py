"""Kept trees: a great YAML text is parsed once, and from then on read as the JSON it comes to.

Only YAML is worth it. Stripe's 4.1 MB load in 0.25 s of CPU, 0.22 s of them the parser's, and in
0.06 s once kept. GitHub's 6.9 MB of JSON are read by the very parser that would read the kept
copy; and what else is done at the start takes 0.1 s for the longest document seen.

A kept tree is plain JSON under the digest of the bytes it was parsed from: files that a document
refers to are never in it, and nothing in it is ever run. What is damaged, unreadable or of another
form counts as not there; what cannot be written is not kept.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson

_FORM: Final = b"wavetank tree 1\n"
"""Raised whenever the YAML reader comes to other trees than before."""
_NUMBERLESS: Final = re.compile(rb"\.(?:nan|NaN|NAN|inf|Inf|INF)\b")
"""What YAML has a number for and JSON has none."""
SMALLEST: Final = 64 * 1024
"""Bytes of YAML from which keeping pays: such a text takes 4 ms to parse."""
MOST: Final = 256 * 1024 * 1024


def folder() -> Path | None:
    """Where trees are kept: WAVETANK_CACHE, else the user's cache folder; None for `off`."""
    chosen = os.environ.get("WAVETANK_CACHE")
    if chosen is not None:
        return Path(chosen) if chosen not in ("", "off") else None
    home = os.environ.get("WAVETANK_HOME")
    if home:
        return Path(home) / "documents"
    with suppress(RuntimeError):  # a user without a home folder
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        return Path(cache) / "wavetank" / "documents"
    return None


def cached_tree(data: bytes) -> tuple[Any, bytes] | None:
    """The tree of these bytes and its compact JSON, when it was kept and is undamaged."""
    place = _place(data)
    if place is None:
        return None
    with suppress(OSError, ValueError):
        form, digest, text = place.read_bytes().split(b"\n", 2)
        if form + b"\n" == _FORM and sha256(text).hexdigest().encode() == digest:
            tree = orjson.loads(text)
            os.utime(place)
            return tree, text
    return None


def keep(data: bytes, text: bytes, *, most: int = MOST) -> None:
    """Keep the compact JSON of what these bytes were parsed to, where that can be done.

    All that is kept takes `most` bytes; the trees used longest ago make room.
    """
    place = _place(data)
    if place is None or len(text) > most // 2 or _NUMBERLESS.search(data):
        return
    import tempfile

    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Written beside and moved, so that nobody ever reads half of it.
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as file:
            file.write(_FORM + sha256(text).hexdigest().encode() + b"\n" + text)
        os.replace(file.name, place)
        _prune(place.parent, most)


def _place(data: bytes) -> Path | None:
    home = folder() if len(data) >= SMALLEST else None
    if home is None:
        return None
    digest = sha256(_FORM)
    digest.update(data)
    return home / f"{digest.hexdigest()}.json"


def _prune(home: Path, most: int) -> None:
    found = [(entry, entry.stat()) for entry in home.iterdir()]
    size = sum(stat.st_size for _, stat in found)
    for entry, stat in sorted(found, key=lambda each: each[1].st_mtime):
        if size <= most:
            break
        entry.unlink(missing_ok=True)
        size -= stat.st_size
