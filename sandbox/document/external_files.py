"""Files a document refers to, taken into its tree: only below its own folder, never a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from sandbox.document.loading import MAX_BYTES, parse, read
from sandbox.document.references import escape
from sandbox.errors import DocumentError

HOME: Final = "x-files"
"""Where other files stand in the tree."""

_DATA: Final = frozenset({"example", "default", "enum", "const", "value"})
_NAMED: Final = frozenset({"properties", "patternProperties", "schemas", "$defs", "definitions"})
"""Below these keys stand names, so that a property may be called "example"."""


class Bundle:
    """Takes the files of one folder into one tree and rewrites the `$ref`s to them."""

    def __init__(self, tree: dict[str, Any], folder: Path | None, name: str) -> None:
        self._tree = tree
        self._folder = folder.resolve() if folder is not None else None
        self._name = name
        self._files: dict[str, Any] = {}
        self._failed: dict[str, str] = {}
        self._size = 0

    def run(self) -> list[tuple[str, str]]:
        """Rewrite in place. Returns (reference, reason) for what could not be read."""
        self._rewrite(self._tree, "")
        if self._files:
            self._tree[HOME] = self._files
        return list(self._failed.items())

    def _rewrite(self, root: Any, home: str) -> None:
        """Rewrite every reference below `root`, a file that stands at the key `home`."""
        stack = [(root, False)]
        while stack:
            node, named = stack.pop()
            if isinstance(node, list):
                stack.extend((item, False) for item in node if isinstance(item, dict | list))
            elif isinstance(node, dict):
                reference = node.get("$ref")
                if isinstance(reference, str) and (home or not reference.startswith("#")):
                    node["$ref"] = self._new_reference(reference, home)
                for key, item in node.items():
                    # Values given as data may hold a "$ref" of their own world (SCIM does).
                    if isinstance(item, dict | list) and (named or key not in _DATA):
                        stack.append((item, key in _NAMED and not named))

    def _new_reference(self, reference: str, home: str) -> str:
        place, _, fragment = reference.partition("#")
        fragment = fragment if fragment.startswith("/") else ""
        if not place:
            return f"#/{HOME}/{escape(home)}{fragment}"
        try:
            key = self._take(place, home)
        except DocumentError as error:
            self._failed[reference] = error.reason
            return reference
        return f"#/{HOME}/{escape(key)}{fragment}" if key else f"#{fragment}"

    def _take(self, place: str, home: str) -> str:
        """The key of a file, read when it is new; "" is the document itself."""
        parts = urlsplit(place)
        if parts.scheme or parts.netloc or place.startswith("/"):
            raise DocumentError(place, "is not read: only files below the document's folder are")
        if self._folder is None:
            raise DocumentError(place, "is not read: the document has no folder")
        path = (self._folder / Path(home).parent / unquote(parts.path)).resolve()
        if not path.is_relative_to(self._folder):
            raise DocumentError(place, "is not read: it lies outside the document's folder")
        key = path.relative_to(self._folder).as_posix()
        if key == self._name:
            return ""
        if key not in self._files:
            data = read(path)
            self._size += len(data)
            if self._size > MAX_BYTES or len(self._files) > 2000:
                raise DocumentError(place, "is not read: the files together are too large")
            self._files[key] = parse(data, str(path)).tree
            self._rewrite(self._files[key], key)
        return key
