"""Media types: what kind of content a name such as `application/vnd.shop.v2+json` announces."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

Form = Literal["json", "events", "lines", "sequence", "xml", "csv", "yaml", "html", "text", "file"]
"""How a value is written: `lines` is one JSON text per line, `sequence` is RFC 7464."""

STREAMS: Final = frozenset({"events", "lines", "sequence"})
"""Forms in which a value is a series of items, each sent when it is there."""

_EXACT: Final[dict[str, Form]] = {
    "*/*": "json",
    "application/*": "json",
    "text/event-stream": "events",
    "application/x-ndjson": "lines",
    "application/ndjson": "lines",
    "application/jsonl": "lines",
    "application/x-jsonlines": "lines",
    "application/jsonlines": "lines",
    "application/x-json-stream": "lines",
    "application/stream+json": "lines",
    "application/json-seq": "sequence",
    "text/csv": "csv",
    "application/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/x-yaml": "yaml",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/javascript": "text",
    "application/graphql": "text",
    "application/sql": "text",
    "application/toml": "text",
    "application/x-www-form-urlencoded": "text",
}


_CONCRETE: Final = {
    "text": "text/plain", "image": "image/png", "audio": "audio/wav", "video": "video/mp4",
}  # fmt: skip


@lru_cache(maxsize=1024)
def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


@lru_cache(maxsize=1024)
def form_of(media_type: str) -> Form:
    """The form in which values of a media type are written."""
    kind = essence(media_type)
    known = _EXACT.get(kind)
    if known is not None:
        return known
    if kind.endswith(("/json", "+json")) or "json" in kind.partition("/")[2]:
        return "sequence" if kind.endswith("+json-seq") else "json"
    if kind == "image/svg+xml":
        return "file"
    if kind.endswith(("/xml", "+xml")):
        return "xml"
    if kind.endswith("+yaml"):
        return "yaml"
    return "text" if kind.startswith("text/") else "file"


def is_stream(media_type: str | None) -> bool:
    """Whether values of a media type come one by one."""
    return media_type is not None and form_of(media_type) in STREAMS


def concrete(media_type: str) -> str:
    """A media type that can stand in a Content-Type header, for one that may be a range."""
    if "*" not in media_type:
        return media_type
    main = essence(media_type).partition("/")[0]
    ranges = {
        "text": "text/plain",
        "image": "image/png",
        "audio": "audio/wav",
        "video": "video/mp4",
    }
    return ranges.get(main, "application/json")
