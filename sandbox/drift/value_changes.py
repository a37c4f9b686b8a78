"""Changes of one value that do not depend on where it stands. Each has an inverse where one exists.

A value of an unexpected type is left as it is: a broken call must stay broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox import exact_json


def as_text(value: Any) -> str:
    """A value as a note shows it: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else exact_json.dumps(value).decode()


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class AsText:
    """A number is given as text: 12.5 ↔ "12.5"."""

    def new(self, value: Any) -> Any:
        return exact_json.dumps(value).decode() if _number(value) else value

    def old(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            found = exact_json.loads(value)
        except ValueError:
            return value
        return found if _number(found) else value

    def says(self) -> str:
        return "is now given as text"


@dataclass(frozen=True, slots=True)
class Table:
    """Values are called otherwise; those not in the table stay. Keys are compared as JSON."""

    pairs: tuple[tuple[Any, Any], ...]
    inverse: bool = True
    """False where several old values became one: then there is no way back."""

    def new(self, value: Any) -> Any:
        return _looked_up(value, self.pairs)

    def old(self, value: Any) -> Any:
        if not self.inverse:
            return value
        return _looked_up(value, tuple((b, a) for a, b in self.pairs))

    def says(self) -> str:
        listed = ", ".join(f"`{as_text(a)}` is now `{as_text(b)}`" for a, b in self.pairs)
        return f"has other values: {listed}"


def _looked_up(value: Any, pairs: tuple[tuple[Any, Any], ...]) -> Any:
    if isinstance(value, list):
        return [_looked_up(item, pairs) for item in value]
    for key, made in pairs:
        if type(value) is type(key) and value == key:
            return made
    return value


@dataclass(frozen=True, slots=True)
class Minor:
    """Money in minor units: 12.5 ↔ 1250."""

    factor: int = 100

    def new(self, value: Any) -> Any:
        return round(value * self.factor) if _number(value) else value

    def old(self, value: Any) -> Any:
        if not _number(value):
            return value
        made = value / self.factor
        return int(made) if made.is_integer() else round(made, 6)

    def says(self) -> str:
        return f"is now in minor units (times {self.factor})"


@dataclass(frozen=True, slots=True)
class Epoch:
    """An RFC 3339 instant as seconds since 1970."""

    def new(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return value
        return int(found.replace(tzinfo=found.tzinfo or UTC).timestamp())

    def old(self, value: Any) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            return value
        try:
            return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (OverflowError, ValueError, OSError):
            return value

    def says(self) -> str:
        return "is now in seconds since 1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Listed:
    """One value becomes a list of one."""

    def new(self, value: Any) -> Any:
        return value if isinstance(value, list) else [value]

    def old(self, value: Any) -> Any:
        return value[0] if isinstance(value, list) and len(value) == 1 else value

    def says(self) -> str:
        return "is now a list"


@dataclass(frozen=True, slots=True)
class Uuid:
    """A short id as a UUID that holds it: 16 bytes, the first says length and type."""

    def new(self, value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole and not isinstance(value, str):
            return value
        data = str(value).encode()
        if len(data) > 15:
            return value
        raw = bytes([len(data) | (0x80 if whole else 0x40)]) + data.ljust(15, b"\0")
        text = raw.hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def old(self, value: Any) -> Any:
        if not isinstance(value, str) or len(value) != 36:
            return value
        try:
            raw = bytes.fromhex(value.replace("-", ""))
            text = raw[1 : 1 + (raw[0] & 0x0F)].decode()
            return int(text) if raw[0] & 0x80 else text if raw[0] & 0x40 else value
        except (ValueError, IndexError):
            return value

    def says(self) -> str:
        return "is now a UUID"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A page number or offset as an opaque cursor."""

    def new(self, value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return f"cur_{value:x}" if whole and value >= 0 else value

    def old(self, value: Any) -> Any:
        if not isinstance(value, str) or not value.startswith("cur_"):
            return value
        try:
            return int(value[4:], 16)
        except ValueError:
            return value

    def says(self) -> str:
        return "is now an opaque cursor from the reply before"
