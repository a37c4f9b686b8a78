"""Item paths: where an entity can be read, as the document writes it; compiled per operation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from sandbox.conventions.operation_model import Meaning
from sandbox.conventions.paths import JOINED
from sandbox.conventions.resources import Resources

if TYPE_CHECKING:
    from sandbox.world.operation_call import Turn

_PARAMETER: Final = re.compile(r"\{[^}]*\}")


class ItemPath(NamedTuple):
    """The path of one entity, given the path of its collection and its id."""

    at_home: bool
    """Whether the collection's own path is meant, and not the one that was called."""
    pieces: tuple[str, ...]
    """The written path, cut at its parameters; () where no operation has such a path."""
    segments: tuple[int, ...]
    """Which segments of the collection's path fill the parameters; the id fills the others."""
    unreadable: bool = False
    """Whether the path that the document has takes no id."""
    sizes: tuple[int, ...] = ()
    """How many parameters each of the values fills, the id's last; () where each fills one."""

    def fill(self, path: str, id: str) -> str:
        """The path of the entity; "" where there is none."""
        pieces = self.pieces
        if len(pieces) == 2:
            return f"{pieces[0]}{id}{pieces[1]}"
        if not pieces:
            return "" if self.unreadable else f"{path}/{id}"
        given = path.split("/")
        values = [given[index] for index in self.segments]
        if self.sizes:
            values = list(filled_parameters([*values, id], self.sizes))
        values += [id] * (len(pieces) - 1 - len(values))
        return pieces[0] + "".join(map("".join, zip(values, pieces[1:], strict=True)))


def location(turn: Turn, path: str, id: str) -> str:
    """The path at which an entity can be read, as the document writes it; "" where none is."""
    found: ItemPath | None = turn.meaning.memo.get("item path")
    if found is None:
        found = turn.meaning.memo["item path"] = item_path(turn.world.resources, turn.meaning)
    return found.fill(turn.population.facts[path].home if found.at_home else path, id)


def item_path(resources: Resources, meaning: Meaning) -> ItemPath:
    """The item path of what an operation creates."""
    template, home = meaning.place.template, meaning.collection
    at_home = home is not None and not resources.operations_at(template + "/{}")
    if at_home and home is not None:
        template = home.template
    items = resources.operations_at(template + "/{}")
    if not items:
        return ItemPath(at_home, (), ())
    operation = next(iter(items.values()))
    written, names = operation.path, resources.place(operation).names
    if written.count("{") <= template.count("{}"):
        return ItemPath(at_home, (), (), unreadable=True)
    pieces = tuple(_PARAMETER.split(written))
    parts = template.split("/")
    segments = tuple(index for index, part in enumerate(parts) if part == "{}")
    sizes = tuple(name.count(JOINED) + 1 for name in names) if len(pieces) - 1 > len(names) else ()
    return ItemPath(at_home, pieces, segments[: len(pieces) - 1], sizes=sizes)


def filled_parameters(values: Iterable[str], sizes: Iterable[int]) -> Iterator[str]:
    """The values of single parameters: a composite key's joined ones apart."""
    for value, size in zip(values, sizes, strict=True):
        yield from value.split(JOINED, size - 1)
