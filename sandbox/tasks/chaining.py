"""Recipes in which a later call needs what an earlier one returned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.graph import Ability
from sandbox.tasks.judge import at_pointer
from sandbox.tasks.reading import (
    entity_in,
    fact_answer,
    filter_choices,
    listed_at,
    required_query,
    some_facts,
)
from sandbox.tasks.scene import Draft, Made, Rejected, Scene, Spot, in_arguments, must_state
from sandbox.tasks.writing import body, changes_to, deed

_MOST = 4


@dataclass(frozen=True, slots=True)
class Found:
    """An entity that is known by name, and the list in which its id can be found."""

    lister: Ability
    spot: Spot
    field: str
    entity: Mapping[str, Any]
    id_field: str

    @property
    def name(self) -> str:
        return str(self.entity[self.field])

    def reference(self, step: int = 0) -> dict[str, Any]:
        """Where the id stands in the list's reply."""
        return {
            "$result": step,
            "list": self.lister.list_pointer,
            "where": {f"/{self.field}": self.name},
            "pointer": f"/{self.id_field}",
        }


def chain(scene: Scene, draw: Draw) -> Made:
    """One of the chains, tried in a keyed order until one works out."""
    last = Rejected("no chain")
    for position, make in enumerate(draw.shuffled(CHAINS, "chain")):
        try:
            return make(scene, draw.child(position))
        except Rejected as rejected:
            last = rejected
    raise last


# --- by name --------------------------------------------------------------------------------


def find(scene: Scene, draw: Draw, wanted: Callable[[Ability], Any]) -> tuple[Found, Any]:
    """An entity with a telling name, of a collection for which `wanted(lister)` gives something."""
    for lister in scene.graph.draw("list", draw, tries=24):
        id_field = lister.collection.id_field
        other = wanted(lister)
        if not other or id_field is None:
            continue
        try:
            spot = scene.spot(lister, draw)
            if required_query(scene, lister, draw):
                continue
            everything = listed_at(scene, spot, {}, whole=True)
            entries = at_pointer(scene.look(spot), lister.list_pointer, None)
        except Rejected:
            continue
        if not isinstance(entries, list) or not entries:
            continue
        entity = draw.choice(entries, "named")
        field = phrases.naming_field(entity)
        if field is None or field == id_field or id_field not in entity:
            continue
        if [entry.get(field) for entry in everything].count(entity[field]) == 1:
            return Found(lister, spot, field, entity, id_field), other
    raise Rejected("nothing is known by a name")


def _search(draft: Draft, found: Found, draw: Draw) -> dict[str, Any]:
    """List to find the id; the words for both."""
    noun = found.lister.noun
    slots = {
        "label": phrases.label(f"/{found.field}"),
        "name": phrases.said(found.name),
        "noun": noun,
        "nouns": phrases.plural(noun),
        "entity": f"the {noun} {phrases.said(found.name)}",
        "place": found.spot.target,
    }
    thought = phrases.say("thoughts", "search", draw, tool=found.lister.name, **slots)
    draft.call(found.lister, in_arguments(found.lister, found.spot.values), thought)
    return slots


def _at_item(ability: Ability, found: Found) -> dict[str, Any]:
    """Path values of an ability on the found entity; the id comes out of the list."""
    meaning, home = ability.meaning, found.spot.ability.meaning.place.names
    names = [*meaning.place.names, *([meaning.item] if meaning.item else [])]
    values: dict[str, Any] = {}
    for position, name in enumerate(names):
        known = position < len(home)
        values[name] = found.spot.values[home[position]] if known else found.reference()
    if len(names) != len(home) + 1:
        raise Rejected("the path needs more than the found id")
    return values


def _finish(
    purpose: str,
    draft: Draft,
    draw: Draw,
    slots: Mapping[str, Any],
    needed: Any,
    answer: str,
    required: tuple[Any, ...] = (),
) -> Made:
    text, template = phrases.instruction(purpose, draw, **slots)
    must_state(text, needed)
    return Made(
        kind="chain",
        draft=draft,
        instruction=text,
        template=template,
        answer=answer,
        closing=phrases.say("closings", "read" if required else "done", draw, **slots),
        required=required,
    )


def named_read(scene: Scene, draw: Draw) -> Made:
    """Find by name, then read a detail that the list does not show, if there is one."""
    found, reader = find(
        scene, draw, lambda lister: next(scene.graph.at(lister.collection, "read"), None)
    )
    draft = Draft(scene)
    slots = _search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, tool=reader.name, **slots)
    result = draft.call(reader, in_arguments(reader, _at_item(reader, found)), thought)
    shown = entity_in(result, reader)
    if not isinstance(shown, dict):
        raise Rejected("what is read is no object")
    hidden = {k: v for k, v in shown.items() if k not in found.entity}
    asked = some_facts(hidden or {k: v for k, v in shown.items() if k != found.field}, draw)
    slots["fields"] = phrases.listed([fact.label for fact in asked])
    slots["is"] = "are" if len(asked) > 1 else "is"
    if isinstance(asked[0].value, bool):
        raise Rejected("no field worth asking for")
    answer = fact_answer(asked, str(slots["entity"]), draw)
    required = tuple(fact.value for fact in asked)
    return _finish(
        "named_read", draft, draw, slots, [found.name, found.spot.values], answer, required
    )


def named_count(scene: Scene, draw: Draw) -> Made:
    """Find by name, then count what belongs to it."""
    found, lister = find(
        scene, draw, lambda lister: next(scene.graph.beneath(lister.collection, "list"), None)
    )
    draft = Draft(scene)
    slots = _search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, tool=lister.name, **slots)
    draft.call(lister, in_arguments(lister, _at_item(lister, found)), thought)
    count = len(draft.entries(lister))
    if count >= 10:
        raise Rejected("the list goes on")
    inner = {"noun": lister.noun, "nouns": phrases.plural(lister.noun), "other": slots["noun"]}
    slots = {**slots, **inner, "filter": "", "count": count}
    answer = phrases.say("answers", "count_one" if count == 1 else "count", draw, **slots)
    return _finish(
        "named_count", draft, draw, slots, [found.name, found.spot.values], answer, (count,)
    )


def named_write(scene: Scene, draw: Draw) -> Made:
    """Find by name, then delete, update, or act on what was found."""
    found, doers = find(scene, draw, lambda lister: _doers(scene, lister, draw))
    doer = draw.choice(doers, "doer")
    act = doer.meaning.act
    values: dict[str, Any] = {}
    if act == "merge":
        values = changes_to(scene, doer, found.entity, draw)
    elif act == "action":
        values = body(scene, doer, draw)
    draft = Draft(scene)
    slots = _search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, tool=doer.name, **slots)
    arguments = in_arguments(doer, _at_item(doer, found), body=values or None)
    draft.call(doer, arguments, thought)
    draft.must_change()
    slots["verb"] = deed(doer)[0]
    slots["changes"] = phrases.changes(values)
    spelled = phrases.spelled(values)
    slots["values"] = f" with {spelled}" if act == "action" and values else spelled
    purpose = {"merge": "named_update", "delete": "named_delete"}.get(act, "named_act")
    kind = {"merge": "update", "delete": "delete"}.get(act, "act")
    slots["Entity"] = phrases.capital(str(slots["entity"]))
    answer = phrases.say("answers", kind, draw, **slots)
    needed = [found.name, found.spot.values, values]
    return _finish(purpose, draft, draw, slots, needed, answer)


def _doers(scene: Scene, lister: Ability, draw: Draw) -> list[Ability]:
    found = [a for a in scene.graph.actions(lister.collection) if deed(a)[1]]
    found += list(scene.graph.at(lister.collection, "merge", "delete"))
    return [a for a in found if a.meaning.item and not required_query(scene, a, draw)]


def named_create(scene: Scene, draw: Draw) -> Made:
    """Find by name, then create something that refers to it, in its path or in its body."""
    found, creators = find(scene, draw, lambda lister: _creators(scene, lister))
    creator, field = draw.choice(creators, "creator")
    values = body(scene, creator, draw, but=(field,) if field else ())
    draft = Draft(scene)
    slots = _search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, tool=creator.name, **slots)
    if field:
        spot = scene.spot(creator, draw)
        path, sent = dict(spot.values), {**values, field: found.reference()}
    else:
        path, sent = _at_item(creator, found), values
    draft.call(creator, in_arguments(creator, path, body=sent or None), thought)
    slots["other"], slots["noun"] = slots["noun"], creator.noun
    slots["a_noun"] = phrases.with_article(creator.noun)
    slots["values"] = phrases.spelled(values) or "nothing else"
    answer = phrases.say("answers", "create", draw, **slots)
    stated = {name: value for name, value in path.items() if not isinstance(value, dict)}
    return _finish("named_create", draft, draw, slots, [found.name, stated, values], answer)


def _creators(scene: Scene, lister: Ability) -> list[tuple[Ability, str]]:
    """Tools that create below an item of the list, or whose body refers to one."""
    found = [(ability, "") for ability in scene.graph.beneath(lister.collection, "create")]
    for name in scene.graph.creators:
        creator = scene.graph.ability(name)
        shape = scene.graph.body_shape(creator) if creator and creator.meaning.collection else None
        if creator is None or shape is None or creator.meaning.act != "create":
            continue
        for field in shape.properties:
            if scene.graph.target(field) == lister.collection.template:
                found.append((creator, field))
    return found


# --- along a reference ----------------------------------------------------------------------


def linked(scene: Scene, draw: Draw) -> Made:
    """Read one entity, then the other one that it names by id."""
    for origin in scene.graph.draw("read", draw, tries=24):
        links = scene.graph.links(scene.world.resources.shape(origin.meaning.view))
        if not links or required_query(scene, origin, draw):
            continue
        field, reader = draw.choice(links, "link")
        if reader.name != origin.name and not required_query(scene, reader, draw):
            return _linked(scene, draw, origin, field, reader)
    raise Rejected("nothing refers to anything")


def _linked(scene: Scene, draw: Draw, origin: Ability, field: str, reader: Ability) -> Made:
    spot = scene.spot(origin, draw)
    other = phrases.label(f"/{field}")
    slots: dict[str, Any] = {"entity": spot.entity, "other": other, "noun": origin.noun}
    slots["a_other"] = phrases.with_article(other)
    draft = Draft(scene)
    thought = phrases.say("thoughts", "origin", draw, tool=origin.name, **slots)
    draft.call(origin, in_arguments(origin, spot.values), thought)
    pointer = f"{origin.list_pointer}/{field}"
    if at_pointer(draft.results[0], pointer) is None or reader.meaning.item is None:
        raise Rejected("the reference is empty")
    path = {reader.meaning.item: {"$result": 0, "pointer": pointer}}
    result = draft.call(reader, in_arguments(reader, path), "")
    asked = some_facts(entity_in(result, reader), draw)
    if isinstance(asked[0].value, bool):
        raise Rejected("no field worth asking for")
    slots["fields"] = phrases.listed([fact.label for fact in asked])
    slots["is"] = "are" if len(asked) > 1 else "is"
    follow = phrases.say("thoughts", "follow", draw, tool=reader.name, **slots)
    draft.steps[-1] = draft.steps[-1].model_copy(update={"thought": follow})
    answer = fact_answer(asked, f"the {other} of {spot.entity}", draw)
    required = tuple(fact.value for fact in asked)
    return _finish("linked", draft, draw, slots, [spot.values], answer, required)


# --- create, then go on ---------------------------------------------------------------------


def create_then(scene: Scene, draw: Draw) -> Made:
    """Create something, then act on it or add something below it."""
    for creator in scene.graph.draw("create", draw, tries=24):
        collection = creator.collection
        nexts = [a for a in scene.graph.actions(collection) if deed(a)[1]]
        nexts += list(scene.graph.beneath(collection, "create"))
        nexts = [a for a in nexts if not required_query(scene, a, draw)]
        if nexts and collection.id_field and not required_query(scene, creator, draw):
            return _create_then(scene, draw, creator, draw.choice(nexts, "next"))
    raise Rejected("nothing can be done with what was created")


def _create_then(scene: Scene, draw: Draw, creator: Ability, after: Ability) -> Made:
    spot = scene.spot(creator, draw)
    values, more = body(scene, creator, draw), body(scene, after, draw)
    noun = creator.noun
    slots: dict[str, Any] = {
        "noun": noun,
        "a_noun": phrases.with_article(noun),
        "place": spot.target,
        "values": phrases.spelled(values) or "no further details",
        "tool": creator.name,
        "other": after.noun,
        "a_other": phrases.with_article(after.noun),
        "verb": deed(after)[0],
        "more": phrases.spelled(more) or "no further details",
    }
    draft = Draft(scene)
    thought = phrases.say("thoughts", "create", draw, **slots)
    draft.call(creator, in_arguments(creator, spot.values, body=values or None), thought)
    id_pointer = f"{creator.list_pointer}/{creator.collection.id_field}"
    names = [*after.meaning.place.names, *([after.meaning.item] if after.meaning.item else [])]
    path = dict(zip(names, spot.values.values(), strict=False))
    if len(names) != len(path) + 1:
        raise Rejected("the path needs more than the new id")
    path[names[-1]] = {"$result": 0, "pointer": id_pointer}
    thought = phrases.say("thoughts", "created", draw, **{**slots, "tool": after.name})
    draft.call(after, in_arguments(after, path, body=more or None), thought)
    draft.must_change()
    action = after.meaning.act == "action"
    if action:
        slots["more"] = f" with {phrases.spelled(more)}" if more else ""
    answer = phrases.say("answers", "create", draw, **slots)
    purpose = "create_act" if action else "create_then"
    return _finish(purpose, draft, draw, slots, [spot.values, values, more], answer)


# --- for each -------------------------------------------------------------------------------


def for_each(scene: Scene, draw: Draw) -> Made:
    """Every entity under a filter is acted on, updated or deleted: three calls and more."""
    for lister, spot, query, filter, entries in filter_choices(scene, draw):
        doers = _doers(scene, lister, draw)
        if doers and 2 <= len(entries) <= _MOST and lister.collection.id_field:
            doer = draw.choice(doers, "doer")
            return _for_each(scene, draw, lister, spot, query, filter, entries, doer)
    raise Rejected("no small group to act on")


def _for_each(
    scene: Scene,
    draw: Draw,
    lister: Ability,
    spot: Spot,
    query: Mapping[str, Any],
    filter: str,
    entries: list[Any],
    doer: Ability,
) -> Made:
    act, count = doer.meaning.act, len(entries)
    values: dict[str, Any] = {}
    if act == "merge":
        values = changes_to(scene, doer, entries[0], draw)
    elif act == "action":
        values = body(scene, doer, draw)
    noun = lister.noun
    slots: dict[str, Any] = {
        "noun": noun,
        "nouns": phrases.plural(noun),
        "place": spot.target,
        "filter": filter,
        "verb": deed(doer)[0],
        "changes": phrases.changes(values),
        "values": f" with {phrases.spelled(values)}"
        if act == "action" and values
        else phrases.spelled(values),
        "tool": lister.name,
        "count": count,
    }
    draft = Draft(scene)
    thought = phrases.say("thoughts", "collect", draw, **slots)
    draft.call(lister, in_arguments(lister, spot.values, query=query), thought)
    id_field = str(lister.collection.id_field)
    for number, entry in enumerate(entries):
        found = Found(lister, spot, id_field, entry, id_field)
        pointer = f"{lister.list_pointer}/{number}/{id_field}"
        path = _at_item(doer, found)
        path[list(path)[-1]] = {"$result": 0, "pointer": pointer}
        numbered = {**slots, "tool": doer.name, "number": number + 1}
        thought = phrases.say("thoughts", "each", draw.child(number), **numbered)
        draft.call(doer, in_arguments(doer, path, body=values or None), thought)
        draft.must_change()
    purpose = {"merge": "each_update", "delete": "each_delete"}.get(act, "each_act")
    answer = phrases.say(
        "answers", "each", draw, **{**slots, "nouns": noun if count == 1 else slots["nouns"]}
    )
    return _finish(purpose, draft, draw, slots, [spot.values, dict(query), values], answer)


CHAINS = (named_read, named_count, named_write, named_create, linked, create_then, for_each)
