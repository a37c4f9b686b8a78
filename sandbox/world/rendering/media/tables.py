"""Tables: lists of objects as rows and columns, for CSV and for HTML."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.document.url_texts import text


def table_of(value: Any) -> tuple[list[str], list[list[str]]]:
    """Column names and rows; members of nested objects have dotted names.

    The rows are the items of a list, or of the one list that an envelope holds.
    """
    rows = _rows(value)
    flat = [_flat("", row) if isinstance(row, Mapping) else {"value": text(row)} for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    return columns, [[row.get(name, "") for name in columns] for row in flat]


def write_csv(value: Any, delimiter: str = ",", columns: Sequence[str] = ()) -> bytes:
    """A table with a header line, as RFC 4180 writes it; `columns` are those of an empty one."""
    import csv

    found, rows = table_of(value)
    columns = found or columns
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    if columns:
        writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _rows(value: Any) -> Sequence[Any]:
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, Mapping):
        lists = [item for item in value.values() if isinstance(item, list)]
        if len(lists) == 1 and all(isinstance(item, Mapping) for item in lists[0]):
            return lists[0]
    return [value]


def _flat(prefix: str, row: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and value:
            found.update(_flat(f"{prefix}{name}.", value))
        else:
            found[f"{prefix}{name}"] = "" if value is None else text(value)
    return found
