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
from typing import Any, ClassVar, Final, Literal

from sandbox.conventions.paths import place_of
from sandbox.errors import PlanError

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


def _complaint(error: Any) -> str:
    place = "/".join(map(str, error["loc"]))
    if error["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        form = Override if len(error["loc"]) > 1 else ModelFile
        return f"{place}: no such word; valid are {', '.join(f.name for f in fields(form))}"
    return f"{place or 'it'}: {error['msg']}"
