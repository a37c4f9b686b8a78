"""Overrides: a YAML file that says what operations mean where the inference guessed wrong.

    operations:
      findBooks: {act: list, collection: /books}
      fetchBook: {act: read, collection: /books, item: isbn, id: isbn}
      searchBooks:
        paging: {style: offset, size: take, position: from, next: links/next, total: meta/all}
        ordering: {sort: by, direction: way}
        filters: {kind: genre, from: ">= printed", word: "*", verbose: none}
      buyBook: {idempotency: {header: X-Once}}
    collections:
      /books: {id: isbn, natural_keys: [shelfmark], created: [printed], updated: [touched]}
    errors: {text: problem/words, code: problem/number, field: problem/list/*/where}
    style: REST

`collection` is a path (it need not be one of the document's), `item` the parameter or body field
that picks the entity, `id` where the entity carries its id (`metadata/name` for a nested one).
`size` and `position` are parameters or body fields (`page[size]` for a member of one), `next` and
`total` keys into the reply. `style: none` says that nothing is paged, `idempotency: {}` that no key
is heeded. A filter names a field of the entities, a bound of one (`>=`, `>`, `<=`, `<`) or `*`, any
text of an entity; `none` says that a parameter picks nothing. `natural_keys` are properties by
which an entity can be asked for besides its id, and `errors` says where error replies tell what.
What is left out stays as it was inferred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from sandbox.conventions.api_style import Style
from sandbox.conventions.paths import place_of
from sandbox.errors import PlanError

Act = Literal[
    "read", "list", "create", "replace", "merge", "delete", "clear", "write", "add", "remove",
    "action", "toggle", "singleton", "compute", "call",
]  # fmt: skip
ErrorRole = Literal["text", "title", "code", "status", "field", "pointer"]
PagingStyle = Literal["page", "offset", "cursor", "after", "size", "none"]
ON_ITEM: Final = frozenset({"read", "replace", "merge", "delete", "remove", "action", "toggle"})
WITHOUT_STATE: Final = frozenset({"compute", "call"})
"""Acts that no entity shows: a reply that is worked out, and a deed that only the ledger keeps."""
ON_MANY: Final = ON_ITEM | {"list", "create", "add", "clear"}
"""Acts that only a collection of entities has; the others may be of a singleton."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagingOverride:
    """How a list is paged; null leaves the inference as it is."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    style: PagingStyle | None = None
    size: str | None = None
    position: str | None = None
    next: str | None = None
    total: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderingOverride:
    """Which parameter names the field to sort by, and which one the direction."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    sort: str
    direction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyOverride:
    """Where the key goes: at most one of the three."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    header: str | None = None
    query: str | None = None
    field: str | None = None

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.header, self.query, self.field)) > 1:
            raise ValueError("a key has one place: header, query or field")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionOverride:
    """How the entities of a collection are told apart and which times the server keeps."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    id: str | None = None
    natural_keys: tuple[str, ...] | None = None
    created: tuple[str, ...] | None = None
    updated: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What one operation means; null leaves the inference as it is."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    act: Act | None = None
    collection: str | None = None
    item: str | None = None
    id: str | None = None
    paging: PagingOverride | None = None
    idempotency: IdempotencyOverride | None = None
    ordering: OrderingOverride | None = None
    filters: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if self.collection is not None and not self.collection.strip("/"):
            raise ValueError("a collection is a path such as /books")

    @property
    def template(self) -> str | None:
        """The collection's path, normalised."""
        return None if self.collection is None else place_of(self.collection).template

    def with_new_names(self, inputs: Mapping[str, str]) -> Override:
        """The same with inputs (parameters and members of a body) under their new names."""
        if not inputs:
            return self

        def new(part: Any, *names: str) -> Any:
            said = {name: getattr(part, name) for name in names if part is not None}
            return replace(part, **{k: inputs.get(v, v) for k, v in said.items()}) if said else part

        filters = self.filters and {inputs.get(n, n): said for n, said in self.filters.items()}
        return replace(
            self,
            item=inputs.get(self.item or "", self.item),
            paging=new(self.paging, "size", "position"),
            idempotency=new(self.idempotency, "header", "query", "field"),
            ordering=new(self.ordering, "sort", "direction"),
            filters=filters,
        )


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A whole override file."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    operations: dict[str, Override] = field(default_factory=dict)
    collections: dict[str, CollectionOverride] = field(default_factory=dict)
    errors: dict[ErrorRole, str] = field(default_factory=dict)
    style: Style | None = None

    def with_new_names(
        self, ids: Mapping[str, str], inputs: Mapping[str, Mapping[str, str]]
    ) -> ModelFile:
        """The same of a release: `ids` lead from the operations here to those it still has,
        `inputs` from the names of an operation's inputs to their new ones."""
        kept = {
            ids[id]: said.with_new_names(inputs.get(id, {}))
            for id, said in self.operations.items()
            if id in ids
        }
        return ModelFile(kept, self.collections)

    def at_paths(self, change: Callable[[str], str]) -> ModelFile:
        """The same with each path of a collection changed."""
        operations = {
            id: said
            if said.collection is None
            else replace(said, collection=change(said.collection))
            for id, said in self.operations.items()
        }
        collections = {change(path): said for path, said in self.collections.items()}
        return replace(self, operations=operations, collections=collections)

    def about(self, template: str) -> CollectionOverride | None:
        """What is said of the collection at a normalised path."""
        found = (
            said for path, said in self.collections.items() if place_of(path).template == template
        )
        return next(found, None)


def overrides(source: str | Path | Mapping[str, Any] | None) -> ModelFile:
    """The overrides of a file (or of what it would hold).

    Raises PlanError naming the place in the file and the words that are valid there.
    """
    if not source:
        return ModelFile()
    # Only those who override pay for what reading takes.
    from pydantic import TypeAdapter, ValidationError
    from yaml12 import parse_yaml

    place = "overrides"
    value: Any = source
    if not isinstance(source, Mapping):
        place = str(source)
        try:
            value = parse_yaml(Path(source).read_text("utf-8"))
        except ValueError as error:
            raise PlanError(place, f"is not YAML: {error}") from error
    try:
        return TypeAdapter(ModelFile).validate_python(value)
    except ValidationError as error:
        raise PlanError(place, "; ".join(map(_complaint, error.errors()))) from error


def overrides_json(said: ModelFile) -> dict[str, Any]:
    """Overrides as the JSON that `overrides` reads; {} for none."""
    rows: dict[str, Any] = {
        kind: {name: _without_nulls(each) for name, each in asdict(said)[kind].items()}
        for kind in ("operations", "collections")
    }
    whole = rows | {"errors": said.errors, "style": said.style}
    return {kind: stated for kind, stated in whole.items() if stated}


def _without_nulls(said: Mapping[str, Any]) -> dict[str, Any]:
    pairs = ((k, _without_nulls(v) if isinstance(v, Mapping) else v) for k, v in said.items())
    return {key: value for key, value in pairs if value is not None}


_FORMS: Final[Mapping[tuple[str, ...], type]] = {
    ("operations",): Override,
    ("operations", "paging"): PagingOverride,
    ("operations", "idempotency"): IdempotencyOverride,
    ("operations", "ordering"): OrderingOverride,
    ("collections",): CollectionOverride,
}


def _complaint(error: Any) -> str:
    loc = tuple(map(str, error["loc"]))
    if error["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        form = _FORMS.get((*loc[:1], *loc[2:-1]) if len(loc) > 1 else (), ModelFile)
        return f"{'/'.join(loc)}: no such word; valid are {', '.join(f.name for f in fields(form))}"
    return f"{'/'.join(loc) or 'it'}: {error['msg']}"
