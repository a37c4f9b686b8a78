"""Bytes become a tree: JSON or YAML 1.2, with caps that hold before anything expensive starts.

A document is hostile until parsed. Depth, aliases and size are bounded here, so that the rest of
the package may recurse over the tree without looking over its shoulder.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import yaml12

from sandbox.document.cache import cached_tree, keep
from sandbox.errors import DocumentError

MAX_BYTES: Final = 32 * 1024 * 1024
MAX_DEPTH: Final = 254
"""What orjson can write; the deepest real document seen nests 60 levels."""
MAX_BRACKETS: Final = 2_000_000
"""Brackets and braces that open; the richest real document seen has 80,000."""
MAX_NODES: Final = 8_000_000
"""Nodes after aliases are expanded, since the parser copies what an alias names."""

_ANCHOR: Final = re.compile(rb"&([^\s,\[\]{}]+)")
_ALIAS: Final = re.compile(rb"\*([^\s,\[\]{}]+)")
_INDENTED: Final = re.compile(rb"^[ \-?:]{600}", re.MULTILINE)
_LINE: Final = re.compile(r"\bline (\d+)\b")
_MAX_MENDED: Final = 50
_MERGE: Final = re.compile(rb"^[ \-]*['\"]?<<['\"]?[ ]*:", re.MULTILINE)


class Parsed(NamedTuple):
    """A parsed text and its compact JSON form, on which every `$ref` is one exact text."""

    tree: Any
    text: bytes
    mended: tuple[int, ...] = ()
    """Numbers of the lines that were read as if they were indented further."""


def parse(data: bytes, place: str, *, cached: bool = True) -> Parsed:
    """The tree of a JSON or YAML text, all keys strings, at most 254 levels deep.

    `cached`: whether what a large YAML text was read as is kept on disk. Raises DocumentError
    with the place for anything that is not such a tree.
    """
    _check_bytes(data, place)
    text = data.removeprefix(b"\xef\xbb\xbf")
    return _parse_text(text, place) if cached else _parse_yaml_anew(text, place, "")


def compact_json(tree: Any, place: str) -> bytes:
    """The compact JSON of a tree. Raises DocumentError where it nests too deep or is not JSON."""
    try:
        return orjson.dumps(tree)
    except TypeError as error:
        reason = _too_deep() if "Recursion" in str(error) else f"has no JSON form: {error}"
        raise DocumentError(place, reason) from None


def read(path: Path) -> bytes:
    """The bytes of a file, refused before reading when it is too large."""
    place = str(path)
    try:
        if path.is_dir():
            raise DocumentError(place, "is a folder, not an OpenAPI document")
        if path.exists() and not path.is_file():  # Opening a pipe would wait for its other end.
            raise DocumentError(place, "is no regular file")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DocumentError(place, _too_large(size))
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError(place, "no such file") from None
    except (OSError, ValueError) as error:
        raise DocumentError(place, f"cannot be read: {error}") from None


def _check_bytes(data: bytes, place: str) -> None:
    if len(data) > MAX_BYTES:
        raise DocumentError(place, _too_large(len(data)))
    if not data.strip():
        raise DocumentError(place, "is empty")
    opened = data.count(b"[") + data.count(b"{")
    if opened > MAX_BRACKETS:
        raise DocumentError(place, f"opens {opened:,} lists and objects; {MAX_BRACKETS:,} are read")
    nul = data.find(b"\x00")
    if nul >= 0:
        raise DocumentError(place, f"has a NUL byte at offset {nul}: not a text file")


def _too_large(size: int) -> str:
    return f"is {size / 1e6:.0f} MB; documents of up to {MAX_BYTES // 2**20} MiB are read"


def _parse_text(data: bytes, place: str) -> Parsed:
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            tree = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            if "depth" in str(error) or "recursion" in str(error):
                raise DocumentError(place, _too_deep()) from None
            return _parse_yaml(data, place, json_error=str(error))
        return Parsed(tree, compact_json(tree, place))
    return _parse_yaml(data, place)


def _parse_yaml(data: bytes, place: str, json_error: str = "") -> Parsed:
    known = cached_tree(data)
    if known is not None:
        return Parsed(*known)
    parsed = _parse_yaml_anew(data, place, json_error)
    if not parsed.mended:
        keep(data, parsed.text)
    return parsed


def _parse_yaml_anew(data: bytes, place: str, json_error: str) -> Parsed:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(place, f"is not UTF-8: byte {error.start} is invalid") from None
    _check_indentation(data, place)
    if _has_aliases(data):
        _check_aliases(text, place)
    try:
        tree, mended = _parse_leniently(text)
    except ValueError as error:
        if "recursion limit" in str(error):
            raise DocumentError(place, _too_deep()) from None
        reason = f"is not valid JSON: {json_error}" if json_error else f"is not valid YAML: {error}"
        raise DocumentError(place, reason) from None
    if _MERGE.search(data):
        tree = _apply_merge_keys(tree)
    return _normalise(tree, place)._replace(mended=mended)


def _parse_leniently(text: str) -> tuple[Any, tuple[int, ...]]:
    """The tree, and the lines that were indented to get it: brackets closed at a key's column.

    Raises ValueError for any other mistake.
    """
    mended: list[int] = []
    while True:
        try:
            return yaml12.parse_yaml(text), tuple(mended)
        except ValueError as error:
            found = _LINE.search(str(error))
            lines = text.split("\n")
            number = int(found[1]) if found is not None else 0
            closing = 0 < number <= len(lines) and lines[number - 1].lstrip()[:1] in ("}", "]")
            if not closing or number in mended or len(mended) == _MAX_MENDED:
                raise
            mended.append(number)
            lines[number - 1] = " " + lines[number - 1]
            text = "\n".join(lines)


def _normalise(tree: Any, place: str) -> Parsed:
    """The tree with string keys only; writing it once proves its depth and its keys."""
    try:
        return Parsed(tree, orjson.dumps(tree))
    except TypeError as error:
        if "Recursion" in str(error):
            raise DocumentError(place, _too_deep()) from None
    option = orjson.OPT_NON_STR_KEYS
    try:
        text = orjson.dumps(tree, default=_without_tag, option=option)
        return Parsed(orjson.loads(text), text)
    except (TypeError, orjson.JSONDecodeError) as error:
        raise DocumentError(place, f"has a key or value that JSON does not know: {error}") from None


def _without_tag(value: object) -> object:
    if isinstance(value, yaml12.Yaml):
        return value.value
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _apply_merge_keys(node: Any) -> Any:
    """YAML 1.1 merge keys, which 1.2 dropped but people still write."""
    if isinstance(node, list):
        return [_apply_merge_keys(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {key: _apply_merge_keys(value) for key, value in node.items() if key != "<<"}
    extra = node.get("<<")
    for source in extra if isinstance(extra, list) else [extra]:
        if isinstance(source, dict):
            made = {**_apply_merge_keys(source), **made}
    return made


def _check_indentation(data: bytes, place: str) -> None:
    """Refuse nesting that would exhaust the parser's stack; only suspicious texts are walked."""
    if _INDENTED.search(data) is None:
        return
    open_columns: list[int] = []
    for line in data.split(b"\n"):
        content = line.lstrip(b" -?:")
        if not content:
            continue
        column = len(line) - len(content)
        while open_columns and open_columns[-1] >= column:
            open_columns.pop()
        open_columns.append(column)
        dashes = line[:column].count(b"-") + line[:column].count(b"?")
        if len(open_columns) + dashes > 2 * MAX_DEPTH:
            raise DocumentError(place, _too_deep())


def _has_aliases(data: bytes) -> bool:
    """Whether some `*name` may stand for an `&name`; texts like "&amp;" and "*bold*" do not."""
    anchors = {name.rstrip(b":") for name in _ANCHOR.findall(data)}
    return any(name.rstrip(b":") in anchors for name in _ALIAS.findall(data))


def _check_aliases(text: str, place: str) -> None:
    """Count the nodes after alias expansion without expanding any ("billion laughs")."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    sizes: dict[str, int] = {}
    stack: list[list[Any]] = [[None, 0]]
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent):
                stack[-1][1] += sizes.get(event.anchor or "", 1)
            elif isinstance(event, yaml.ScalarEvent):
                stack[-1][1] += 1
                sizes[event.anchor or ""] = 1
            elif isinstance(event, yaml.CollectionStartEvent):
                stack.append([event.anchor, 1])
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, size = stack.pop()
                sizes[anchor or ""] = size
                stack[-1][1] += size
            if stack[-1][1] > MAX_NODES or len(stack) > 2 * MAX_DEPTH:
                raise DocumentError(place, f"expands to over {MAX_NODES:,} nodes by its aliases")
    except (yaml.YAMLError, RecursionError) as error:
        raise DocumentError(place, f"is not valid YAML: {error}") from None


def _too_deep() -> str:
    return f"nests deeper than {MAX_DEPTH} levels"
