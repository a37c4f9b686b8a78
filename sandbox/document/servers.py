"""Servers: where a document, a path or an operation says that it is served."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

from sandbox.document.url_texts import SAFE

_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")
_PATH: Final = re.compile(r"(?:[^/?#]*:)?//[^/?#]*(?P<path>/[^?#]*)?")
_LOCAL: Final = "http://local/"


@dataclass(frozen=True, slots=True)
class Server:
    """One entry of `servers`."""

    url: str
    """With the defaults of its variables; absolute where the document was read by URL."""
    base: str
    """Its path: "" or one like "/api/v3"."""
    pattern: re.Pattern[str]
    """Matches the beginning of a path below it, with any values of its variables."""


def read_servers(raw: Any, home: str = "") -> tuple[Server, ...]:
    """The servers of a document, path item or operation; `home` is the document's own address."""
    listed = raw if isinstance(raw, list) else []
    return tuple(
        _server(entry["url"], entry.get("variables"), home)
        for entry in listed
        if isinstance(entry, dict) and isinstance(entry.get("url"), str)
    )


def _server(template: str, raw: Any, home: str) -> Server:
    variables = raw if isinstance(raw, Mapping) else {}
    filled = _VARIABLE.sub(lambda match: _default(variables, match[1]), template)
    url = urljoin(home, filled) if home.startswith(("http://", "https://")) else filled
    base = _base(url)
    found = _PATH.match(template)
    path = found["path"] or "" if found is not None else template if template[:1] == "/" else ""
    if not _VARIABLE.search(path):
        return Server(url, base, re.compile(_below(re.escape(quote(base, SAFE)))))
    pieces = _VARIABLE.split(path.rstrip("/"))
    text = "".join(
        _values(variables, piece) if index % 2 else re.escape(quote(piece, SAFE))
        for index, piece in enumerate(pieces)
    )
    return Server(url, base, re.compile(_below(text)))


def _below(text: str) -> str:
    return f"{text}(?=/|$)"


def _base(url: str) -> str:
    try:
        path = urlsplit(urljoin(_LOCAL, url)).path
    except ValueError:
        return ""
    return path.rstrip("/")


def _default(variables: Mapping[str, Any], name: str) -> str:
    variable = variables.get(name)
    value = variable.get("default") if isinstance(variable, dict) else None
    return name if value is None else str(value)


def _values(variables: Mapping[str, Any], name: str) -> str:
    """A pattern for the values of a variable: those that are listed, else any one segment."""
    variable = variables.get(name)
    options = variable.get("enum") if isinstance(variable, dict) else None
    if not isinstance(options, list) or not options:
        return "[^/]+"
    values = {*map(str, options), _default(variables, name)}
    return "(?:" + "|".join(re.escape(quote(value, SAFE)) for value in sorted(values)) + ")"
