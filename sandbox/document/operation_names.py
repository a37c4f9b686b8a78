"""What operations are called: by their operationId where it is unique, else by method and path."""

from __future__ import annotations

import re
from typing import Any


class OperationNames:
    """Operation ids: the document's where unique, else made from method and path."""

    def __init__(self, paths: dict[str, Any]) -> None:
        self._taken: set[str] = set()
        self._wanted: set[str] = {
            str(raw["operationId"])
            for item in paths.values()
            if isinstance(item, dict)
            for raw in item.values()
            if isinstance(raw, dict) and raw.get("operationId")
        }

    def take(self, raw: dict[str, Any], path: str, method: str) -> str:
        wanted = str(raw.get("operationId") or "").strip()
        if not wanted or wanted in self._taken:
            wanted = _made_name(path, method)
            stem, count = wanted, 2
            while wanted in self._taken or wanted in self._wanted:
                wanted, count = f"{stem}_{count}", count + 1
        self._taken.add(wanted)
        return wanted


def _made_name(path: str, method: str) -> str:
    return f"{method}_{re.sub(r'[^A-Za-z0-9]+', '_', path).strip('_') or 'root'}"
