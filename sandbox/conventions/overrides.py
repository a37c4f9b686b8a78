"""Overrides: a YAML file that says what operations mean where the inference guessed wrong.

    operations:
      findBooks: {act: list, collection: /books}
      fetchBook: {act: read, collection: /books, item: isbn, id: isbn}

`collection` is a path (it need not be one of the document's), `item` the parameter or body field
that picks the entity, `id` where the entity carries its id (`metadata/name` for a nested one).
What is left out stays as it was inferred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from sandbox.conventions.paths import Place, place_of
from sandbox.document import Operation
from sandbox.errors import PlanError, UnknownName

if TYPE_CHECKING:
    from sandbox.conventions.operation_model import Meaning
    from sandbox.conventions.resources import Resources

Act = Literal[
    "read", "list", "create", "replace", "merge", "delete", "clear", "write", "action", "toggle",
    "singleton", "compute",
]  # fmt: skip
ON_ITEM: Final = frozenset({"read", "replace", "merge", "delete", "action", "toggle"})
ON_MANY: Final = ON_ITEM | {"list", "create", "clear"}
"""Acts that only a collection of entities has; the others may be of a singleton."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What one operation means; null leaves the inference as it is."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    act: Act | None = None
    collection: str | None = None
    item: str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        if self.collection is not None and not self.collection.strip("/"):
            raise ValueError("a collection is a path such as /books")

    @property
    def template(self) -> str | None:
        """The collection's path, normalised."""
        return None if self.collection is None else place_of(self.collection).template


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A whole override file."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    operations: dict[str, Override]


def overrides(source: str | Path | Mapping[str, Any] | None) -> Mapping[str, Override]:
    """The overrides of a file (or of what it would hold), by operation id.

    Raises PlanError naming the place in the file and the words that are valid there.
    """
    if not source:
        return {}
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
        return TypeAdapter(ModelFile).validate_python(value).operations
    except ValidationError as error:
        raise PlanError(place, "; ".join(map(_complaint, error.errors()))) from error


def told(said: Mapping[str, Override]) -> dict[str, Any]:
    """Overrides as the JSON that `overrides` reads; {} for none."""
    rows = {
        name: {key: value for key, value in asdict(each).items() if value is not None}
        for name, each in said.items()
    }
    return {"operations": rows} if rows else {}


def overridden(resources: Resources, operation: Operation, said: Override) -> Meaning:
    """The meaning of an operation with what was said about it.

    Raises PlanError where the words do not go together, UnknownName for an unknown `item`.
    """
    from sandbox.conventions.inference import infer, meaning_of

    guessed = infer(resources, operation)
    act = said.act or guessed.act
    place = guessed.place
    if said.template is not None:
        names = resources.place(operation).names[: said.template.count("{}")]
        place = Place(said.template, names)
    if len(place.names) < place.template.count("{}"):
        raise PlanError(
            f"operation {operation.id}",
            f"its path has too few parameters for the collection {place.template}",
        )
    if said.template is None and guessed.collection is None and act != "compute":
        raise PlanError(f"operation {operation.id}", f"the act {act!r} needs a collection")
    item = said.item or (guessed.item if said.template is None else _spare(resources, operation))
    if act in ON_ITEM:
        item = _known(operation, item or _spare(resources, operation), act)
    collection = None if act == "compute" else resources.collection(place.template, place.names)
    verb = operation.path.rpartition("/")[2] if act in ("action", "toggle") else ""
    return meaning_of(
        resources, operation, act, collection, place, item=item, verb=guessed.verb or verb
    )


def _spare(resources: Resources, operation: Operation) -> str | None:
    """The last parameter of the path, which mostly picks the entity."""
    names = resources.place(operation).names
    return names[-1] if names else None


def _known(operation: Operation, item: str | None, act: str) -> str:
    valid = {p.name for p in operation.parameters if p.location in ("path", "query")}
    for media in operation.body.media.values() if operation.body is not None else ():
        schema = operation.schemas.resolve(media.schema if media.schema is not None else True)
        valid |= set(schema.get("properties", ())) if isinstance(schema, dict) else set()
    if item is None:
        listed = ", ".join(sorted(valid)) or "none"
        raise PlanError(
            f"operation {operation.id}", f"the act {act!r} needs an item; there are {listed}"
        )
    if item not in valid:
        raise UnknownName(f"item for {operation.id}", item, valid)
    return item


def _complaint(error: Any) -> str:
    place = "/".join(map(str, error["loc"]))
    if error["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        form = Override if len(error["loc"]) > 1 else ModelFile
        return f"{place}: no such word; valid are {', '.join(f.name for f in fields(form))}"
    return f"{place or 'it'}: {error['msg']}"
