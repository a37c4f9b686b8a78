"""Nested views: which paths show entities that have a shorter path of their own.

`/posts/{}/comments` beside `/comments/{}` is one collection with two paths; so are `/me/playlists`
beside `/playlists/{}`. A path that only lists entities of another kind (`/teams/{}/members`, where
the members are users) shows some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sandbox.conventions.envelopes import list_envelope, success
from sandbox.conventions.memberships import refers
from sandbox.conventions.operation_model import Collection, NestedView
from sandbox.conventions.path_table import PathTable
from sandbox.conventions.paths import noun_of
from sandbox.conventions.schema_surface import Shape, reference
from sandbox.conventions.vocabulary import ranked_names, short_form, stem
from sandbox.conventions.words import singular, words

Describe = Callable[[str], Collection]
_HOLDERS: Final = ("metadata", "relationships", "attributes")


def normal(template: str) -> tuple[str, ...]:
    """A template's segments with plurals made singular and long words short."""
    return tuple(short_form(singular(part.lower())) for part in template.strip("/").split("/"))


def within(
    shorter: tuple[str, ...], longer: tuple[str, ...], *, inside: bool = False
) -> tuple[int, ...] | None:
    """Where a path's segments lie in a longer path that ends alike; None where they do not.

    A parameter belongs to the word before it: they stay or go together. `inside`: what the longer
    path has more may also stand right before its end, as in `/shops/{}/orders/{}/notes`.
    """
    mine, units = _units(shorter), _units(longer)
    if len(shorter) >= len(longer) or shorter[-1:] != longer[-1:]:
        return None
    above, count = mine[:-1], len(units) - 1
    backwards = _spots(above[::-1], units[-2::-1])
    ways = [[count - 1 - spot for spot in reversed(backwards)], _spots(above, units[:-1])]
    for found in ways[: 1 + inside]:
        if len(found) == len(above):
            starts = [sum(map(len, units[:spot])) for spot in (*found, count)]
            pairs = zip(starts, mine, strict=True)
            return tuple(start + index for start, unit in pairs for index in range(len(unit)))
    return None


_Unit = tuple[str, ...]


def _units(parts: tuple[str, ...]) -> list[_Unit]:
    """A path's words, each with the parameters that follow it."""
    found: list[_Unit] = []
    for part in parts:
        if part == "{}" and found:
            found[-1] = (*found[-1], part)
        else:
            found.append((part,))
    return found


def _spots(units: Sequence[_Unit], path: Sequence[_Unit]) -> list[int]:
    """Where each of some units first lies after the one before it, as far as they do."""
    found: list[int] = []
    for unit in units:
        start = found[-1] + 1 if found else 0
        at = next((n for n in range(start, len(path)) if path[n][: len(unit)] == unit), None)
        if at is None:
            break
        found.append(at)
    return found


def nested_view(
    paths: PathTable, homes: Sequence[str], describe: Describe, template: str
) -> NestedView | None:
    """What a path shows of a collection that has a shorter path; None where it has its own.

    `homes` are the templates that end in the same noun, shortest first.
    """
    found = (_view_of(paths, home, describe, template) for home in homes)
    ranked = sorted(filter(None, found), key=lambda pair: not pair[0])
    return next((view for _, view in ranked), None)


def _view_of(
    paths: PathTable, home: str, describe: Describe, template: str
) -> tuple[bool, NestedView] | None:
    """What a path shows of another's collection, and whether by the same component."""
    there, here = normal(home), normal(template)
    kept = within(there, here)
    # These say little by themselves: only the same component is the same thing then.
    doubtful = kept is None and template not in paths.item_templates
    twin = there == here and home != template and home in paths.item_templates
    # `GET /organizations` and paths below it beside `GET /orgs/{org}`.
    read_there = "GET" in paths.operations_at(home + "/{}")
    doubtful = doubtful or (twin and read_there and not paths.operations_at(template + "/{}"))
    # `GET /ref/{id}`, `POST /refs`
    makes = "POST" in paths.operations_at(home) and "POST" not in paths.operations_at(template)
    if twin and (doubtful or (makes and not paths.lists(template))):
        kept = tuple(range(len(here)))
    elif doubtful:
        kept = within(there, here, inside=True)
    if kept is None:
        return None
    mine, other = describe(template), describe(home)
    if mine.schema is None or other.schema is None or other.singleton:
        return None
    same = reference(mine.schema) == reference(other.schema) != ""
    beside = there == here and not paths.lists(home) and paths.lists(template)
    if beside and (other.listed_id or paths.overlap(mine.schema, other.schema)):
        same = True  # `/branch/{id}` beside a list of `/branches`
    if doubtful and not same:
        return None
    dropped = [part for i, part in enumerate(here) if i not in kept]
    mine_alone = bool(dropped) and dropped[-1] == here[-2] and dropped[-1] in _SELF
    if same or (("{}" in dropped or mine_alone) and paths.overlap(mine.schema, other.schema)):
        view = _view(paths, describe, other, template, kept, own=True)
        if view.owned or not view.parent or home in paths.item_templates:
            return same, view
    return None


def related_view(
    paths: PathTable, root_of: Callable[[str], str | None], describe: Describe, template: str
) -> NestedView | None:
    """The root collection of which a nested list shows some entities under another name."""
    operations = paths.operations_at(template)
    if "{}" not in template or not paths.lists(template):
        return None
    _, _, schema = success(operations["GET"])
    listed = list_envelope(paths.shape, schema, noun_of(template))
    ref = reference(listed.view) if listed is not None else ""
    home = root_of(ref) if ref else None
    if home is None or "GET" not in paths.operations_at(home + "/{}"):
        return None
    view = _view(paths, describe, describe(home), template, (), own=False)
    if operations.keys() <= {"GET", "HEAD"} and not paths.operations_at(template + "/{}"):
        return view
    # What only shows entities of yet another place is no home.
    return view if view.refers and not refers(paths, home, describe(home)) else None


def _view(
    paths: PathTable,
    describe: Describe,
    home: Collection,
    template: str,
    kept: tuple[int, ...],
    *,
    own: bool,
) -> NestedView:
    segments = template.strip("/").split("/")
    spots = [i for i, part in enumerate(segments) if part == "{}"]
    dropped = [i for i in range(len(segments)) if i not in kept]
    # The last thing that the home's path does not go through is whose entities are shown.
    last = next(reversed(dropped if kept else spots), 0)
    parent = "/" + "/".join(segments[:last] if segments[last] == "{}" else segments[: last + 1])
    myself = singular(segments[last].strip("@").lower()) in _SELF
    everybody = not dropped or (segments[last] != "{}" and not myself)
    if everybody:
        parent = ""
    known = bool(parent) and parent in paths.item_templates and segments[last] == "{}"
    made = paths.lists(parent) or "POST" in paths.operations_at(parent)
    known = known and (made or paths.is_listed_elsewhere(parent))
    field, schema = (
        own and segments[last] == "{}" and _parent_field(paths, describe, home, template, parent)
    ) or ((), None)
    why = [f"`{template}` and `{home.template}` show the same entities"]
    if field:
        why.append(f"`{'/'.join(field)}` says which of `{parent}`")
    referring = known and not field and refers(paths, template, home)
    if referring:
        why.append("its calls add entities that exist and take them out")
    numbers = tuple(n for n, i in enumerate(spots) if i in kept)
    owned = own and known and not referring
    return NestedView(
        template, home.template, numbers, parent, field, schema, owned, referring, tuple(why)
    )


_SELF: Final = frozenset(("me", "user", "self", "current", "my", "mine", "current_user"))


def _parent_field(
    paths: PathTable, describe: Describe, home: Collection, template: str, parent: str
) -> tuple[tuple[str, ...], Any] | None:
    """Where an entity says its parent's id: `postId`, `post` or `post/id`, if anywhere."""
    noun = singular(words(noun_of(parent))[-1]) if words(noun_of(parent)) else ""
    names = {
        words(name)
        for operation in paths.operations_at(template).values()
        for name in paths.place(operation).names[parent.count("{}") : parent.count("{}") + 1]
        if len(words(name)) > 1
    }
    keys = (*describe(parent).id_path[-1:], *ranked_names("identifiers", "usual"))
    found = _field(paths, home.shape, noun, names, keys, home.id_path)
    for holder in _HOLDERS:
        if found is None and holder in home.shape.properties:
            inner = paths.shape(home.shape.properties[holder])
            deeper = _field(paths, inner, noun, names, keys, home.id_path[1:])
            found = None if deeper is None else ((holder, *deeper[0]), deeper[1])
    return found


def _field(
    paths: PathTable,
    surface: Shape,
    noun: str,
    names: set[tuple[str, ...]],
    keys: Sequence[str],
    id: tuple[str, ...],
) -> tuple[tuple[str, ...], Any] | None:
    for name, schema in surface.properties.items():
        if (name,) == id or not (words(name) in names or stem(name) == (noun,)):
            continue
        inner = paths.shape(schema)
        if inner.type in ("string", "integer", "number"):
            return (name,), schema
        key = next((k for k in keys if k in inner.properties), None)
        if inner.type == "object" and key is not None:
            return (name, key), inner.properties[key]
    return None
