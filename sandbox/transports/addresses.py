"""Addresses in replies: the document's own server becomes the server that was asked."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from sandbox.document import Document
from sandbox.document.url_texts import SAFE
from sandbox.messages import Response

_FIXED: Final = frozenset({"content-length", "content-encoding"})
_LEADING: Final = frozenset({"location", "link"})


def rewrite_links(document: Document, response: Response, host: str, prefix: str) -> Response:
    """The reply with its links on `host`, below the path `prefix` of a session ("" for none).

    Only addresses of the document's own paths are changed, and only in bodies whose length and
    encoding nobody has stated.
    """
    here, known, names = f"http://{host}{prefix}", _own_addresses(document), dict(response.headers)
    found = response
    if known.search(response.body) is not None and _FIXED.isdisjoint(names):
        found = replace(found, body=known.sub(lambda _: here.encode(), response.body))
    if not _LEADING.isdisjoint(names):

        def rewrite(name: str, value: str) -> str:
            if name not in _LEADING:
                return value
            below = prefix + value if prefix and value.startswith("/") else value
            return known.sub(lambda _: here.encode(), below.encode()).decode()

        found = replace(found, headers=tuple((n, rewrite(n, value)) for n, value in found.headers))
    return found


@lru_cache(maxsize=64)
def _own_addresses(document: Document) -> re.Pattern[bytes]:
    """Matches the scheme and host of an address of the document's first server and its paths."""
    starts = {o.path.lstrip("/").partition("/")[0] for o in document.operations.values()}
    fixed = "[^/]" if any("{" in each for each in starts) else "|".join(map(re.escape, starts))
    base = re.escape(quote(document.base_path.rstrip("/"), SAFE))
    end = r"(?![^/?#\"'<>\s\\])"
    after = f"(?={base}/(?:{fixed}){end if fixed != '[^/]' else ''})"
    return re.compile((re.escape(document.origin) + after).encode())
