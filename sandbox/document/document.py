"""An OpenAPI document, read once: operations at hand, schemas when somebody asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import orjson

from sandbox import notebook
from sandbox.document.external_files import Bundle, Folder, Home, Site, fetch
from sandbox.document.loading import Parsed, compact_json, parse, read
from sandbox.document.mending import MENDED, mend
from sandbox.document.operations import Operation
from sandbox.document.reading import OperationReader
from sandbox.document.references import References
from sandbox.document.schemas import Schemas
from sandbox.document.servers import read_servers
from sandbox.document.upconvert import upconvert
from sandbox.errors import DocumentError, UnknownName

_REFERENCE: Final = re.compile(rb'"\$ref":("(?:[^"\\]|\\.)*")')
_MAX_FILE: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Notice:
    """Something in the document that was left out or mended."""

    pointer: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Document:
    """A loaded document. Its tree is OpenAPI 3.0 or 3.1 (2.0 is up-converted), `$ref`s kept."""

    source: str
    sha256: str
    """Of the bytes the document was read from; of its canonical JSON when made from a tree."""
    tree: dict[str, Any]
    version: str
    """"3.0" or "3.1"."""
    title: str
    servers: tuple[str, ...]
    base_path: str
    """"" or a path like "/api/v3", from the first server."""
    bases: tuple[re.Pattern[str], ...]
    """For each server, the beginning of the paths below it."""
    operations: Mapping[str, Operation]
    schemas: Schemas
    security_schemes: Mapping[str, Mapping[str, Any]]
    warnings: tuple[Notice, ...] = field(default=())
    folder: Path | None = None
    """Where the document's file lies; None for one that is no file."""

    def __repr__(self) -> str:
        return (
            f"<Document {self.title!r}: OpenAPI {self.version}, {len(self.operations)} operations>"
        )

    def _repr_html_(self) -> str:
        rows = ((each.method, each.path, each.id) for each in self.operations.values())
        return notebook.table(repr(self), ("method", "path", "operation"), rows)

    @property
    def origin(self) -> str:
        """Scheme and host of the first server; a local one where the document names none."""
        try:
            parts = urlsplit(self.servers[0])
        except ValueError:
            return "http://localhost"
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "http://localhost"

    @classmethod
    def load(
        cls, source: str | Path, *, strict: bool = False, only: Sequence[str] = ()
    ) -> Document:
        """Read a path, an http(s) URL or the name of a bundled document.

        `strict` refuses a document with any imperfection; `only` keeps operations by
        "tag:NAME", "op:ID" or "path:/PREFIX". Raises DocumentError.
        """
        place = str(source)
        if re.match(r"https?://", place):
            data, final = fetch(place, redirects=True)
            return cls.parse(data, source=place, home=Site(final), strict=strict, only=only)
        path = _locate(place)
        home = Folder(path.parent, path.name)
        made = cls.parse(read(path), source=place, home=home, strict=strict, only=only)
        return replace(made, folder=path.parent)

    @classmethod
    def parse(
        cls,
        data: bytes,
        *,
        source: str,
        home: Home | None = None,
        strict: bool = False,
        only: Sequence[str] = (),
    ) -> Document:
        """A document from its bytes. Files it refers to are read from its `home` only."""
        parsed = parse(data, source)
        if not isinstance(parsed.tree, dict):
            raise DocumentError(source, "is not an OpenAPI document: its root is no mapping")
        failed: Iterable[tuple[str, str]] = ()
        names = _references(parsed.text)
        if any(not reference.startswith("#") for reference in names):
            failed = Bundle(parsed.tree, home).run()
            parsed = parsed._replace(text=compact_json(parsed.tree, source))
            names = _references(parsed.text)
        return _assemble(
            parsed,
            names,
            source=source,
            digest=sha256(data).hexdigest(),
            strict=strict,
            only=only,
            failed=failed,
        )

    @classmethod
    def from_tree(
        cls, tree: dict[str, Any], *, source: str, strict: bool = False, only: Sequence[str] = ()
    ) -> Document:
        """A document from a tree that the caller gives away; nothing is copied."""
        text = compact_json(tree, source)
        digest = sha256(orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return _assemble(
            Parsed(tree, text),
            _references(text),
            source=source,
            digest=digest,
            strict=strict,
            only=only,
        )

    def operation(self, name: str) -> Operation:
        """The operation of that id. Raises UnknownName with the nearest ids."""
        try:
            return self.operations[name]
        except KeyError:
            raise UnknownName("operation", name, self.operations) from None

    @property
    def addresses(self) -> tuple[str, ...]:
        """The URLs of all servers: the document's, and those of single paths and operations."""
        own = (server.url for it in self.operations.values() for server in it.servers)
        return tuple(dict.fromkeys((*self.servers, *own)))

    def file(self, reference: str) -> bytes | None:
        """A file beside the document, as an `externalValue` names it; None where there is none.

        Only files below the document's own folder are read, of at most 8 MiB.
        """
        if self.folder is None or "://" in reference:
            return None
        try:
            home = self.folder.resolve()
            path = (home / unquote(reference)).resolve()
            if not path.is_relative_to(home) or not path.is_file():
                return None
            return path.read_bytes() if path.stat().st_size <= _MAX_FILE else None
        except (OSError, ValueError):
            return None


def _references(text: bytes) -> set[str]:
    """Every `$ref` written in a compact JSON text, each once."""
    return {orjson.loads(quoted) for quoted in set(_REFERENCE.findall(text))}


def _assemble(
    parsed: Parsed,
    names: set[str],
    *,
    source: str,
    digest: str,
    strict: bool,
    only: Sequence[str],
    failed: Iterable[tuple[str, str]] = (),
) -> Document:
    notices = [Notice(f"$ref {reference}", reason) for reference, reason in failed]
    reason = "the bracket is closed at its key's column, which YAML forbids"
    notices += [Notice(f"line {number}", reason) for number in parsed.mended]
    tree: dict[str, Any] = parsed.tree
    version = _version(tree, source, notices)
    if version == "2.0":
        tree, version = upconvert(parsed.text), "3.0"
        names = _references(compact_json(tree, source))
    references = References(tree, dict(failed))
    for name in sorted(filter(references.missing_schema, names)):
        references.leave_open(name)
        notices.append(Notice(f"$ref {name}", "refers to nothing: anything is taken there"))
    if any(keyword in parsed.text for keyword in MENDED):
        notices += [Notice(place, reason) for place, reason in mend(references)]
    # Known up front, so that only documents with a broken reference ever search for it.
    dangling = frozenset(filter(references.is_broken, names))
    schemas = Schemas(references, legacy=version == "3.0", dangling=dangling)
    reader = OperationReader(references, schemas, source)
    operations = {operation.id: operation for operation in reader.read()}
    notices += [Notice(place, reason) for place, reason in reader.warnings]
    if strict:
        notices += [Notice(f"$ref {name}", "refers to nothing") for name in sorted(dangling)]
    if strict and notices:
        first = notices[0]
        raise DocumentError(
            f"{source}#{first.pointer}", f"{first.reason} (and {len(notices) - 1} more)"
        )
    servers = read_servers(tree.get("servers"), source) or read_servers([{"url": "/"}])
    info = tree.get("info")
    components = tree.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    return Document(
        source=source,
        sha256=digest,
        tree=tree,
        version=version,
        title=str(info.get("title") or source) if isinstance(info, dict) else source,
        servers=tuple(server.url for server in servers),
        base_path=servers[0].base,
        bases=tuple(server.pattern for server in servers),
        operations=_select(operations, only, source),
        schemas=schemas,
        security_schemes=_security_schemes(references, schemes),
        warnings=tuple(notices),
    )


def _version(tree: dict[str, Any], source: str, notices: list[Notice]) -> str:
    if "swagger" in tree:
        if not str(tree["swagger"]).startswith("2"):
            raise DocumentError(source, f"is Swagger {tree['swagger']}; 2.0, 3.0 and 3.1 are read")
        return "2.0"
    stated = str(tree.get("openapi", ""))
    if stated.startswith("3.0") or stated == "3":
        return "3.0"
    if stated.startswith("3.1"):
        return "3.1"
    if stated.startswith("3."):
        notices.append(Notice("/openapi", f"version {stated} is read as 3.1"))
        return "3.1"
    if not stated and isinstance(tree.get("paths"), dict):
        notices.append(Notice("/openapi", "no version is stated; read as 3.0"))
        return "3.0"
    if not stated:
        raise DocumentError(source, "is not an OpenAPI document: no 'openapi' or 'swagger' field")
    raise DocumentError(source, f"is OpenAPI {stated}; 2.0, 3.0 and 3.1 are read")


def _security_schemes(references: References, raw: Any) -> dict[str, Mapping[str, Any]]:
    made: dict[str, Mapping[str, Any]] = {}
    for name, scheme in raw.items() if isinstance(raw, dict) else ():
        try:
            found = references.follow(scheme)
        except DocumentError:
            continue
        if isinstance(found, dict):
            made[name] = found
    return made


def _select(
    operations: dict[str, Operation], only: Sequence[str], source: str
) -> dict[str, Operation]:
    if not only:
        return operations
    kept: dict[str, Operation] = {}
    for selector in only:
        kind, colon, wanted = selector.partition(":")
        if not colon or kind not in ("tag", "op", "path"):
            raise DocumentError(source, f"selector {selector!r} is not tag:…, op:… or path:…")
        found = {key: value for key, value in operations.items() if _fits(value, kind, wanted)}
        if not found:
            raise DocumentError(source, f"selector {selector!r} fits no operation")
        kept.update(found)
    return {name: value for name, value in operations.items() if name in kept}


def _fits(operation: Operation, kind: str, wanted: str) -> bool:
    if kind == "tag":
        return wanted in operation.tags
    if kind == "op":
        return operation.id == wanted
    return operation.path == wanted or operation.path.startswith(wanted.rstrip("/") + "/")


def _locate(place: str) -> Path:
    """A path as given, or the bundled document of that name."""
    path = Path(place)
    try:
        if path.exists() or not re.fullmatch(r"[A-Za-z0-9_-]+", place):
            return path
    except (OSError, ValueError) as error:
        raise DocumentError(place, f"cannot be read: {error}") from None
    import specs

    folder = Path(specs.__file__).parent / "documents"
    for suffix in (".yaml", ".yml", ".json"):
        bundled = folder / f"{place}{suffix}"
        if bundled.exists():
            return bundled
    names = sorted({file.stem for file in folder.glob("*.*ml")})
    known = f"; bundled documents are {', '.join(names)}" if names else ""
    raise DocumentError(place, f"no such file{known}")
