"""Plans as people write them: names, files, ids or data, read into one validated model.

What is wrong is said with its place and with the words that would have been right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from yaml12 import parse_yaml

import specs
from sandbox.errors import PlanError, UnknownName

M = TypeVar("M", bound=BaseModel)
Source = str | Path | Mapping[str, Any] | Sequence[Any] | BaseModel | None


@dataclass(frozen=True, slots=True)
class Reader(Generic[M]):
    """Reads one kind of plan. Every method raises PlanError for what is not one."""

    model: type[M]
    what: str
    """What such a plan is called in messages."""
    folder: str
    """The folder of specs with the presets."""
    id: re.Pattern[str]
    """What a bare id looks like, in capitals."""
    ids: Callable[[], Sequence[str]]
    """The ids that exist."""
    of_ids: Callable[[Sequence[Any]], Mapping[str, Any]]
    """Bare ids (or what stands in their place) as the data of a plan."""

    def read(self, source: Source) -> M:
        """A plan from ids, a preset's name, a file, or data; the empty plan from nothing."""
        if source is None or source == "":
            return self.model()
        if isinstance(source, self.model):
            return source
        if isinstance(source, Mapping):
            return self.validate(source, self.what)
        if isinstance(source, (str, Path)):
            return self._from_name(str(source).strip())
        return self.validate(self.of_ids(list(source)), self.what)

    def presets(self) -> dict[str, M]:
        """The plans in the folder of specs, by name."""
        return {name: self._from_name(name) for name in specs.presets(self.folder)}

    def validate(self, data: Mapping[str, Any], place: str) -> M:
        """The data as a plan; `place` is where it stands."""
        try:
            return self.model.model_validate(dict(data))
        except ValidationError as error:
            raise PlanError(place, sentence(error, self.model)) from None

    def _from_name(self, text: str) -> M:
        ids = [part.strip() for part in text.split(",") if part.strip()]
        if ids and all(self.id.fullmatch(part.split(":")[0].upper()) for part in ids):
            return self.validate(self.of_ids(ids), text)
        if text in specs.presets(self.folder):
            written = specs.path(text, self.folder).read_text("utf-8")
            return self._parse(written, f"preset {text}")
        path = Path(text)
        if path.is_file():
            return self._parse(path.read_text("utf-8"), text)
        if path.suffix in (".yaml", ".yml", ".json"):
            raise PlanError(text, "there is no such file")
        valid = [*specs.presets(self.folder), *self.ids()]
        raise PlanError(text, str(UnknownName(f"{self.what}, id, preset or file", text, valid)))

    def _parse(self, text: str, place: str) -> M:
        try:
            data: Any = parse_yaml(text)
        except ValueError as error:
            raise PlanError(place, f"not YAML: {error}") from None
        if not isinstance(data, dict):
            raise PlanError(place, f"a {self.what} is a mapping")
        return self.validate(data, place)


def sentence(error: ValidationError, model: type[BaseModel]) -> str:
    """The first few violations in words, with the valid words where a name is wrong."""
    lines = []
    for row in error.errors()[:4]:
        shown, holders = _place(row["loc"], model, stray=row["type"] == "extra_forbidden")
        where, message = ".".join(shown), row["msg"].removeprefix("Value error, ")
        if row["type"] == "extra_forbidden":
            fields = [name for each in holders for name in each.model_fields]
            message = str(UnknownName("field", str(row["loc"][-1]), fields))
        lines.append(f"{where}: {message}" if where else message)
    return "; ".join(lines)


def _place(
    loc: tuple[int | str, ...], model: type[BaseModel], *, stray: bool
) -> tuple[list[str], list[type[BaseModel]]]:
    """Where an error stands in the file, and the models that were to be filled there.

    pydantic's place also names the member of a union it tried, which no file says.
    """
    shown: list[str] = []
    holders = [model]
    for part in loc[:-1] if stray else loc:
        fields = [each.model_fields[part] for each in holders if part in each.model_fields]
        tagged = [each for each in holders if part in _tags(each)]
        if fields:
            holders = [each for field in fields for each in _models(field.annotation)]
        elif tagged:
            holders = tagged
            continue
        shown.append(str(part))
    return [*shown, str(loc[-1])] if stray else shown, holders


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _tags(model: type[BaseModel]) -> set[Any]:
    """The values by which a union tells the model from its others."""
    return {
        value
        for field in model.model_fields.values()
        if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1
        for value in get_args(field.annotation)
    }
