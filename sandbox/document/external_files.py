"""Files a document refers to, taken into its tree: below its own folder, or of its own origin."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from sandbox.document.loading import MAX_BYTES, parse, read
from sandbox.document.references import escape, tokens
from sandbox.errors import DocumentError

HOME: Final = "x-files"
"""Where other files stand in the tree."""

_MAX_FILES: Final = 2000
_SECONDS: Final = 60.0
"""For everything that is fetched of one document."""
_DATA: Final = frozenset({"example", "default", "enum", "const", "value"})
_NAMED: Final = frozenset({"properties", "patternProperties", "schemas", "$defs", "definitions"})
"""Below these keys stand names, so that a property may be called "example"."""


class Home(Protocol):
    """Where a document lies, with the files beside it."""

    def key(self, place: str, beside: str) -> str:
        """The key of a file that the file `beside` names so; "" is the document itself.

        Raises DocumentError where it may not be read.
        """

    def read(self, key: str) -> bytes:
        """The bytes of a file. Raises DocumentError."""


class Folder:
    """A folder on disk: nothing outside it is read."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder.resolve()
        self._name = name

    def key(self, place: str, beside: str) -> str:
        parts = urlsplit(place)
        if parts.scheme or parts.netloc or place.startswith("/"):
            raise DocumentError(place, "is not read: only files below the document's folder are")
        path = (self._folder / Path(beside).parent / unquote(parts.path)).resolve()
        if not path.is_relative_to(self._folder):
            raise DocumentError(place, "is not read: it lies outside the document's folder")
        key = path.relative_to(self._folder).as_posix()
        return "" if key == self._name else key

    def read(self, key: str) -> bytes:
        return read(self._folder / key)


class Site:
    """An http(s) origin: nothing of any other is fetched, and no redirect is followed."""

    def __init__(self, url: str) -> None:
        self._url = urldefrag(url)[0]
        self._base = urljoin(self._url, ".")
        self._deadline = monotonic() + _SECONDS

    def key(self, place: str, beside: str) -> str:
        home = urljoin(self._base, beside) if beside else self._url
        url = urldefrag(urljoin(home, place))[0]
        if urlsplit(url)[:2] != urlsplit(self._url)[:2]:
            raise DocumentError(place, "is not read: it is of another origin than the document")
        return "" if url == self._url else url.removeprefix(self._base)

    def read(self, key: str) -> bytes:
        return fetch(urljoin(self._base, key), deadline=self._deadline)[0]


def fetch(url: str, *, redirects: bool = False, deadline: float | None = None) -> tuple[bytes, str]:
    """What an http(s) URL answers, and the URL it came from in the end. Raises DocumentError."""
    import httpx

    until = monotonic() + _SECONDS if deadline is None else deadline
    try:
        with httpx.stream("GET", url, follow_redirects=redirects, timeout=20.0) as response:
            if response.is_redirect:
                raise DocumentError(url, "is not read: it redirects elsewhere")
            response.raise_for_status()
            data = bytearray()
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MAX_BYTES:
                    raise DocumentError(url, f"is larger than {MAX_BYTES // 2**20} MiB")
                if monotonic() > until:
                    raise DocumentError(url, f"did not arrive within {_SECONDS:.0f} seconds")
            return bytes(data), str(response.url)
    except httpx.HTTPStatusError as error:
        code = f"{error.response.status_code} {error.response.reason_phrase}".strip()
        raise DocumentError(url, f"cannot be fetched: the server answers {code}") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise DocumentError(url, f"cannot be fetched: {error or type(error).__name__}") from None


class Bundle:
    """Takes the files of one home into one tree and rewrites the `$ref`s to them."""

    def __init__(self, tree: dict[str, Any], home: Home | None) -> None:
        self._tree = tree
        self._home = home
        self._files: dict[str, Any] = {}
        self._failed: dict[str, str] = {}
        self._size = 0

    def run(self) -> Iterable[tuple[str, str]]:
        """Rewrite in place. Returns (reference, reason) for what could not be read."""
        self._rewrite(self._tree, "")
        if self._files:
            self._tree[HOME] = self._files
        return self._failed.items()

    def _rewrite(self, root: Any, beside: str) -> None:
        """Rewrite every reference below `root`, a file that stands at the key `beside`."""
        waiting = [(root, beside)]
        while waiting:
            waiting += self._rewrite_one(*waiting.pop())

    def _rewrite_one(self, root: Any, beside: str) -> list[tuple[Any, str]]:
        """Rewrite one file. Returns the files that are new, with their keys."""
        found: list[tuple[Any, str]] = []
        stack = [(root, False)]
        while stack:
            node, named = stack.pop()
            if isinstance(node, list):
                stack.extend((item, False) for item in node if isinstance(item, dict | list))
            elif isinstance(node, dict):
                reference = node.get("$ref")
                if isinstance(reference, str) and (beside or not reference.startswith("#")):
                    node["$ref"] = self._new_reference(reference, beside, found)
                for key, item in node.items():
                    # Values given as data may hold a "$ref" of their own world (SCIM does).
                    if isinstance(item, dict | list) and (named or key not in _DATA):
                        stack.append((item, key in _NAMED and not named))
        return found

    def _new_reference(self, reference: str, beside: str, found: list[tuple[Any, str]]) -> str:
        if not (reference or beside):
            return "#"
        place, _, fragment = reference.partition("#")
        fragment = fragment if fragment.startswith("/") else ""
        key = beside
        try:
            if place:
                key = self._take(place, beside, found)
            elif not _has(self._files[beside], fragment) and _has(self._tree, fragment):
                # Other readers bundle first and look afterwards.
                self._failed[f"{reference} in {beside}"] = "is read from the document itself"
                key = ""
        except DocumentError as error:
            self._failed[reference] = error.reason
            return reference
        except (OSError, ValueError):  # no file and no URL has such a name
            self._failed[reference] = "is not read: it is no path"
            return reference
        return f"#/{HOME}/{escape(key)}{fragment}" if key else f"#{fragment}"

    def _take(self, place: str, beside: str, found: list[tuple[Any, str]]) -> str:
        """The key of a file, read when it is new; "" is the document itself."""
        if self._home is None:
            raise DocumentError(place, "is not read: the document has no folder")
        key = self._home.key(place, beside)
        if key and key not in self._files:
            data = self._home.read(key)
            self._size += len(data)
            if self._size > MAX_BYTES or len(self._files) > _MAX_FILES:
                raise DocumentError(place, "is not read: the files together are too large")
            self._files[key] = parse(data, key).tree
            found.append((self._files[key], key))
        return key


def _has(tree: Any, fragment: str) -> bool:
    """Whether a JSON pointer leads somewhere without following any `$ref`."""
    for token in tokens(fragment):
        if isinstance(tree, list) and token.isdecimal() and int(token) < len(tree):
            tree = tree[int(token)]
        elif isinstance(tree, dict) and token in tree:
            tree = tree[token]
        else:
            return False
    return True
