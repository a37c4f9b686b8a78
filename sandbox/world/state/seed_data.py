"""Seed data: entities that a user gives, in place of those a collection would begin with.

    /authors:
      - {id: ann, name: Ann Lee}
    /books:
      - {id: b1, title: Tides, author_id: ann}
    /books/{book_id}/reviews:
      b1: [{rating: 5}]

Collections are named as `wavetank tools --model` prints them, or by a concrete path such as
`/books/b1/reviews`. A collection in the file has exactly the entities that stand there; below a
path with a parameter they stand by their parent's id, or say that id themselves. Ids are kept,
missing ones made; what a schema requires besides is made, as for an entity that was created. An
entity that is referred to exists: in a collection of the file it must stand there, in any other one
it is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sandbox.conventions.foreign_keys import Links, link_plan
from sandbox.conventions.inputs import value_at
from sandbox.conventions.operation_model import Collection
from sandbox.conventions.paths import id_text, place_of
from sandbox.conventions.words import same, singular
from sandbox.document.compiled_schema import explain
from sandbox.document.loading import parse, read
from sandbox.document.problems import reason
from sandbox.draws import Draw
from sandbox.errors import NoInstance, PlanError, UnknownName
from sandbox.world.state.completion import complete, is_write_only
from sandbox.world.state.ids import typed_id

if TYPE_CHECKING:
    from sandbox.world.world import World

Data = str | Path | Mapping[str, Any] | None
_SHOWN: Final = 6
_HELPFUL: Final = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One entity of the file."""

    place: str
    id: str | None
    """None where it has to be made."""
    entity: Mapping[str, Any]


@dataclass(slots=True)
class SeedData:
    """What a file gives, read for one world."""

    world: World
    rows: dict[str, list[Row]] = field(default_factory=dict)
    """By concrete path of a collection."""
    whole: set[str] = field(default_factory=set)
    """Templates that the file gives for every parent: a path without rows is empty."""
    referred: dict[str, list[str]] = field(default_factory=dict)
    """Ids that the file's entities refer to, of collections that it does not give."""
    notes: list[str] = field(default_factory=list)
    """Members that no schema names: taken, but no reply has them."""

    def rows_of(self, path: str, home: Collection) -> Sequence[Row] | None:
        """The entities of a concrete path; None where the file says nothing of it."""
        found = self.rows.get(path)
        return () if found is None and home.template in self.whole else found

    def complete(self, home: Collection, row: Row, draw: Draw) -> dict[str, Any]:
        """The row's entity with what its schema requires besides.

        Raises PlanError with the place and what would be valid there.
        """
        schema, given = home.schema, dict(row.entity)
        if schema is None:
            return given
        shape = self.world.resources.shape(schema)
        for name in given.keys() & shape.properties.keys():
            if is_write_only(self.world, shape.properties[name]):
                del given[name]
        made = complete(self.world, schema, given, draw)
        if isinstance(made, dict) and _keeps(made, given):
            return made
        try:
            base = self.world.values.make(schema, draw) if made is None else made
        except NoInstance as error:
            raise PlanError(row.place, str(error)) from None
        merged: dict[str, Any] = _overlay(base, given)
        validator = self.world.document.schemas.validator(schema, "response")
        problems = [it for error in validator.errors(merged) for it in explain(error, "body")]
        if problems:
            texts = [f"{each.pointer} {reason(each, _HELPFUL)}".strip() for each in problems]
            raise PlanError(row.place, "; ".join(texts[:_SHOWN]))
        return merged


def seed_data(world: World, source: Data) -> SeedData:
    """Seed data of a JSON or YAML file, or of what it would hold, checked against the world.

    Raises PlanError naming the place in it and what would be valid there.
    """
    where = "data" if isinstance(source, Mapping) else str(source)
    tree = source if isinstance(source, Mapping) else parse(read(Path(str(source))), where).tree
    if not isinstance(tree, Mapping):
        raise PlanError(where, "should map collections to their entities, as /books: [{…}, …]")
    meanings = map(world.resources.meaning, world.document.operations.values())
    homes = {each.collection.template: each.collection for each in meanings if each.collection}
    made = SeedData(world)
    for name, value in tree.items():
        _Reading(made, f"{where}: {name}", homes).read(str(name), value)
    for path, rows in made.rows.items():
        home = _home_of(path, homes)
        assert home is not None
        _check_rows(made, path, home, rows, homes)
    return made


@dataclass(slots=True)
class _Reading:
    """One entry of the file on its way into the data."""

    data: SeedData
    place: str
    homes: Mapping[str, Collection]

    def read(self, name: str, value: Any) -> None:
        """Its rows, by the concrete paths they are kept under."""
        path = place_of(name if name.startswith("/") else f"/{name}").template
        if "{}" not in path:
            home = _home_of(path, self.homes)
            if home is None:
                raise PlanError(self.place, str(UnknownName("collection", path, self.homes)))
            self._keep(path, home, value, self.place)
            return
        if path not in self.homes:
            raise PlanError(self.place, str(UnknownName("collection", path, self.homes)))
        self.data.whole.add(path)
        if path.count("{}") > 1:
            above = path.replace("{}", "ID")
            raise PlanError(self.place, f"goes through several entities: name them, as {above}")
        if isinstance(value, Mapping):
            for parent, listed in value.items():
                below = path.replace("{}", id_text(parent))
                self._keep(below, self.homes[path], listed, f"{self.place}/{parent}")
        else:
            self._by_parent(path, self.homes[path], value)

    def _by_parent(self, path: str, home: Collection, value: Any) -> None:
        """Entities that say their parent's id in a member of their own."""
        noun = singular(path.split("/{}")[0].rpartition("/")[2])
        fields = link_plan(self.data.world.resources, home).fields.items()
        names = [name for name, (words, _, _) in fields if same(noun, "_".join(words))]
        for row in self._rows(home, value, self.place):
            said = next((row.entity[name] for name in names if name in row.entity), None)
            if said is None:
                wanted = f"{names[0]} is missing" if names else f"should stand by its {noun}'s id"
                raise PlanError(row.place, f"{wanted}; as in {path}: {{ID: [{{…}}, …]}}")
            self.data.rows.setdefault(path.replace("{}", id_text(said)), []).append(row)

    def _keep(self, path: str, home: Collection, value: Any, place: str) -> None:
        self.data.rows.setdefault(path, []).extend(self._rows(home, value, place))

    def _rows(self, home: Collection, value: Any, place: str) -> Iterator[Row]:
        """The entities of a list, of a mapping by id, or a singleton's one."""
        if home.singleton:
            pairs: list[tuple[str, Any, str | None]] = [(place, value, "")]
        elif isinstance(value, Mapping):
            pairs = [(f"{place}/{id}", entity, id_text(id)) for id, entity in value.items()]
        elif isinstance(value, list):
            pairs = [(f"{place}/{index}", entity, None) for index, entity in enumerate(value)]
        else:
            raise PlanError(place, "should be a list of entities, or a mapping of ids to entities")
        for where, entity, named in pairs:
            if not isinstance(entity, Mapping):
                raise PlanError(where, "should be an entity: a mapping of its members")
            said = value_at(entity, home.shown_id_path) if home.shown_id_path else None
            id = named if said is None or home.singleton else id_text(said)
            if named and id != named:
                raise PlanError(where, f"its {'/'.join(home.shown_id_path)} is {id!r}")
            yield Row(where, id, entity)


def _check_rows(
    data: SeedData, path: str, home: Collection, rows: list[Row], homes: Mapping[str, Collection]
) -> None:
    """Every entity valid, every id its own, every reference to something that exists."""
    schemas, shape = data.world.document.schemas, home.shape
    for above, id in _parents(path, home):
        _refer(data, f"{rows[0].place if rows else path}", above, id, homes)
    seen: dict[str, str] = {}
    for row in rows:
        data.complete(home, row, Draw(0, "data", row.place))
        if row.id is not None and not home.singleton:
            if row.id in seen:
                raise PlanError(row.place, f"has the id {row.id!r}, as has {seen[row.id]}")
            seen[row.id] = row.place
            if home.id_schema is not None and typed_id(schemas, home.id_schema, row.id) is None:
                raise PlanError(row.place, f"the id {row.id!r} is not valid in the path")
        if shape.properties and (strange := sorted(row.entity.keys() - shape.properties.keys())):
            unnamed = str(UnknownName("member", strange[0], shape.properties))
            data.notes.append(f"{row.place}: {unnamed}; replies leave it out")
        for name, target, id in _references(
            data, link_plan(data.world.resources, home), row.entity
        ):
            _refer(data, f"{row.place}/{name}", target, id, homes)


def _references(
    data: SeedData, plan: Links, entity: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """(member, root collection, id) of everything an entity refers to."""
    for name, (noun, bare, _) in plan.fields.items():
        target = data.world.resources.root_collection(noun)
        value = entity.get(name)
        # A word such as `category: toys` may be an id and may be just a word.
        if target is None or bare:
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str | int) and not isinstance(each, bool):
                yield name, target, id_text(each)
    for name, below in plan.inside.items():
        value = entity.get(name)
        for index, each in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(each, Mapping):
                at = f"{name}/{index}" if isinstance(value, list) else name
                for inner, target, id in _references(data, below, each):
                    yield f"{at}/{inner}", target, id


def _refer(data: SeedData, place: str, path: str, id: str, homes: Mapping[str, Collection]) -> None:
    """See to it that an entity exists; PlanError where the file gives its collection without it."""
    home = _home_of(path, homes)
    if home is None or home.singleton:
        return
    rows = data.rows_of(path, home)
    if rows is None:
        known = data.referred.setdefault(path, [])
        if id not in known:
            known.append(id)
    elif id not in (ids := [row.id for row in rows if row.id is not None]):
        raise PlanError(place, str(UnknownName(path, id, ids)))


def _parents(path: str, home: Collection) -> Iterator[tuple[str, str]]:
    """(collection path, id) of the entities that a concrete path goes through."""
    segments = path.split("/")
    for index, part in enumerate(home.template.split("/")):
        if part == "{}":
            yield "/".join(segments[:index]), segments[index]


def _home_of(path: str, homes: Mapping[str, Collection]) -> Collection | None:
    """The collection of which a concrete path is an instance."""
    if path in homes:
        return homes[path]
    wanted = path.split("/")
    for template, home in homes.items():
        pattern = template.split("/")
        if len(pattern) == len(wanted) and all(
            part in ("{}", piece) for part, piece in zip(pattern, wanted, strict=True)
        ):
            return home
    return None


def _keeps(made: Any, given: Any) -> bool:
    """Whether a completed value still has all that was given."""
    if isinstance(given, Mapping):
        return isinstance(made, Mapping) and all(
            name in made and _keeps(made[name], value) for name, value in given.items()
        )
    if isinstance(given, list):
        pairs = isinstance(made, list) and len(made) == len(given)
        return pairs and all(map(_keeps, made, given))
    return bool(made == given)


def _overlay(base: Any, given: Any) -> Any:
    """The base with what was given put over it, member by member."""
    if not isinstance(given, Mapping) or not isinstance(base, Mapping):
        return given
    return {**base, **{name: _overlay(base.get(name), value) for name, value in given.items()}}
