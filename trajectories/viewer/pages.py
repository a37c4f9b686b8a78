"""Pages as text: one Jinja environment, the same templates for the server and for a bundle."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

SHOWN: Final = 20_000
"""Characters of one text that a page shows; the rest is one click away as plain text."""

# Controls, bidirectional overrides and lone surrogates would change how the rest of a page reads.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def render(template: str, **values: Any) -> str:
    """A page from a template's stem. Raises jinja2.UndefinedError for a value not given."""
    return _environment().get_template(f"{template}.html.j2").render(**values)


def static(name: str) -> bytes:
    """A file of the folder `static`. Raises FileNotFoundError."""
    return (files(__package__) / "static" / name).read_bytes()


def policy_of(style: str) -> str:
    """The digest by which a page's content security policy admits its one inline style."""
    return b64encode(sha256(style.encode()).digest()).decode()


def visible(text: Any) -> str:
    """Text with control and direction characters written out, so that they cannot act."""
    return _INVISIBLE.sub(lambda found: _symbol(found.group()), str(text))


def excerpt(text: Any, limit: int = SHOWN) -> str:
    """Visible text, cut at `limit` characters with a note of how many are left out."""
    plain = str(text)
    if len(plain) <= limit:
        return visible(plain)
    return f"{visible(plain[:limit])}\n… {len(plain) - limit:,} more characters"


def _symbol(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if unicodedata.category(char) == "Cs":
        return f"⟨{code:04X}⟩"
    return f"⟨U+{code:04X}⟩"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("trajectories.viewer"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update(
        visible=visible,
        excerpt=excerpt,
        percent=_percent,
        seconds=_seconds,
        query=_query,
        number=_number,
        cell=_cell,
    )
    return environment


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _cell(value: Any) -> str:
    """A value of a table: a number, an interval, or text."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return _number(value)
    if isinstance(value, list | tuple) and len(value) == 2:
        return " – ".join(map(_cell, value))
    return str(value)


def _seconds(value: float) -> str:
    return f"{value:,.1f} s" if value % 1 else f"{value:,.0f} s"


def _query(values: Mapping[str, Any], **changed: Any) -> str:
    """A query string of the values that are set, with some changed; None leaves one out."""
    from urllib.parse import urlencode

    merged = {**values, **changed}
    return urlencode({name: value for name, value in merged.items() if value not in (None, "")})
