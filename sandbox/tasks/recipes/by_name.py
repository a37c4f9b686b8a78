"""Recipes in which an entity is known by name, so that its id has to be found in a list first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.draft import Draft, Made, Rejected, in_arguments, must_state
from sandbox.tasks.judge import at_pointer
from sandbox.tasks.recipes.filtered_lists import listed_at
from sandbox.tasks.recipes.reading import entity_in, fact_answer, required_query, some_facts
from sandbox.tasks.recipes.writing import body, changes_to, deed, must_differ
from sandbox.tasks.subjects import Scene, Spot
from sandbox.tasks.tool_graph import Ability


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


def search(draft: Draft, found: Found, draw: Draw) -> dict[str, Any]:
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


def at_item(ability: Ability, found: Found) -> dict[str, Any]:
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


def finish(
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
    slots = search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, tool=reader.name, **slots)
    result = draft.call(reader, in_arguments(reader, at_item(reader, found)), thought)
    shown = entity_in(result, reader)
    if not isinstance(shown, dict):
        raise Rejected("what is read is no object")
    hidden = {k: v for k, v in shown.items() if k not in found.entity}
    asked = some_facts(hidden or {k: v for k, v in shown.items() if k != found.field}, draw)
    slots["fields"] = phrases.listed([fact.label for fact in asked])
    slots["is"] = phrases.verb_for([fact.label for fact in asked])
    if isinstance(asked[0].value, bool):
        raise Rejected("no field worth asking for")
    answer = fact_answer(asked, str(slots["entity"]), draw)
    required = tuple(fact.value for fact in asked)
    return finish(
        "named_read", draft, draw, slots, [found.name, found.spot.values], answer, required
    )


def named_count(scene: Scene, draw: Draw) -> Made:
    """Find by name, then count what belongs to it."""
    found, lister = find(
        scene, draw, lambda lister: next(scene.graph.beneath(lister.collection, "list"), None)
    )
    draft = Draft(scene)
    slots = search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, tool=lister.name, **slots)
    draft.call(lister, in_arguments(lister, at_item(lister, found)), thought)
    count = len(draft.entries(lister))
    if count >= 10:
        raise Rejected("the list goes on")
    inner = {"noun": lister.noun, "nouns": phrases.plural(lister.noun), "other": slots["noun"]}
    slots = {**slots, **inner, "filter": "", "count": count}
    answer = phrases.say("answers", "count_one" if count == 1 else "count", draw, **slots)
    return finish(
        "named_count", draft, draw, slots, [found.name, found.spot.values], answer, (count,)
    )


def named_write(scene: Scene, draw: Draw) -> Made:
    """Find by name, then delete, update, or act on what was found."""
    found, doers = find(scene, draw, lambda lister: doers_for(scene, lister, draw))
    doer = draw.choice(doers, "doer")
    act = doer.meaning.act
    values: dict[str, Any] = {}
    if act == "merge":
        values = changes_to(scene, doer, found.entity, draw)
    elif act == "action":
        values = body(scene, doer, draw)
        must_differ(values, found.entity)
    draft = Draft(scene)
    slots = search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, tool=doer.name, **slots)
    arguments = in_arguments(doer, at_item(doer, found), body=values or None)
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
    return finish(purpose, draft, draw, slots, needed, answer)


def doers_for(scene: Scene, lister: Ability, draw: Draw) -> list[Ability]:
    found = [a for a in scene.graph.actions(lister.collection) if deed(a)[1]]
    found += list(scene.graph.at(lister.collection, "merge", "delete"))
    return [a for a in found if a.meaning.item and not required_query(scene, a, draw)]


def named_create(scene: Scene, draw: Draw) -> Made:
    """Find by name, then create something that refers to it, in its path or in its body."""
    found, creators = find(scene, draw, lambda lister: _creators(scene, lister))
    creator, field = draw.choice(creators, "creator")
    values = body(scene, creator, draw, but=(field,) if field else ())
    draft = Draft(scene)
    slots = search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, tool=creator.name, **slots)
    if field:
        spot = scene.spot(creator, draw)
        path, sent = dict(spot.values), {**values, field: found.reference()}
    else:
        path, sent = at_item(creator, found), values
    draft.call(creator, in_arguments(creator, path, body=sent or None), thought)
    slots["other"], slots["noun"] = slots["noun"], creator.noun
    slots["a_noun"] = phrases.with_article(creator.noun)
    slots["values"] = phrases.spelled(values)
    answer = phrases.say("answers", "create", draw, **slots)
    stated = {name: value for name, value in path.items() if not isinstance(value, dict)}
    purpose = "named_create" if values else "named_create_bare"
    return finish(purpose, draft, draw, slots, [found.name, stated, values], answer)


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
