"""Recipes in which an entity is known by name, so that its id has to be found in a list first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.draws import Draw
from sandbox.tasks import phrases, value_phrases
from sandbox.tasks.assertions import at_pointer
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.recipes.filtered_lists import listed_at
from sandbox.tasks.recipes.reading import entity_in, fact_answer, question, some_facts
from sandbox.tasks.recipes.writing import (
    body,
    change_words,
    changes_to,
    delete_purpose,
    doers_for,
    finish_task,
    must_differ,
    verb_of,
)  # fmt: skip
from sandbox.tasks.sayable import Rejected
from sandbox.tasks.subjects import Scene, Spot, in_arguments
from sandbox.tasks.tool_graph import Ability


@dataclass(frozen=True, slots=True)
class Found:
    """An entity that is known by name, and the list in which its id can be found."""

    spot: Spot
    """Where it is listed."""
    field: str
    entity: Mapping[str, Any]

    @property
    def lister(self) -> Ability:
        return self.spot.ability

    @property
    def name(self) -> str:
        return str(self.entity[self.field])

    @property
    def stated_values(self) -> list[Any]:
        """What an instruction has to state for it."""
        return [self.name, *self.spot.stated_values]

    def reference(self) -> dict[str, Any]:
        """Where the id stands in the list's reply."""
        return {
            "$result": 0,
            "list": self.lister.list_pointer,
            "where": {f"/{self.field}": self.name},
            "pointer": f"/{self.lister.collection.id_field}",
        }

    def path(self, ability: Ability, *ids: Any) -> dict[str, Any]:
        """Path values of another tool: the list's own first, then the ids that results gave."""
        names = ability.meaning.parameters
        home = [self.spot.values[name] for name in self.lister.meaning.parameters]
        values = [*home, *ids]
        if len(names) != len(values):
            raise Rejected("the path needs more than the found id")
        return dict(zip(names, values, strict=True))


def find(scene: Scene, draw: Draw, wanted: Callable[[Ability], Any]) -> tuple[Found, Any]:
    """An entity with a telling name, of a collection for which `wanted(lister)` gives something."""
    for lister in scene.graph.draw("list", draw, tries=24):
        id_field = lister.collection.id_field
        other = wanted(lister)
        if not other or id_field is None or lister.must_be_told:
            continue
        try:
            spot = scene.spot(lister, draw)
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
            return Found(spot, field, entity), other
    raise Rejected("nothing is known by a name")


def search(draft: Draft, found: Found, draw: Draw) -> dict[str, Any]:
    """List to find the id; the words for both."""
    noun, label = found.lister.noun, phrases.label(f"/{found.field}")
    entity = f"{value_phrases.entity_text(noun, label, found.name)}{found.spot.within}"
    slots = {
        "label": label,
        "name": value_phrases.value_text(found.name),
        "noun": noun,
        "nouns": phrases.plural(noun),
        "entity": entity,
        "Entity": phrases.capital(entity),
        "place": f" for {entity}",
    }
    thought = phrases.say("thoughts", "search", draw, tool=found.lister.name, **slots)
    draft.call(found.lister, found.spot.arguments(), thought)
    return slots


def named_read(scene: Scene, draw: Draw) -> Made:
    """Find by name, then read a detail that the list does not show."""
    found, reader = find(
        scene, draw, lambda lister: next(scene.graph.at(lister.collection, "read"), None)
    )
    draft = Draft(scene)
    slots = search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, tool=reader.name, **slots)
    path = found.path(reader, found.reference())
    known = draft.visible_facts()
    result = draft.call(reader, in_arguments(reader, path), thought)
    asked = some_facts(entity_in(result, reader), draw, known=known)
    slots["fields"] = value_phrases.join_with_and([fact.label for fact in asked])
    text, template = question(asked, draw, slots)
    required = tuple(fact.value for fact in asked)
    answer = fact_answer(asked, str(slots["entity"]), draw)
    return finish_task(
        "chain", (text, f"named_{template}"), draft, draw, slots, found.stated_values, answer,
        required=required,
    )  # fmt: skip


def named_count(scene: Scene, draw: Draw) -> Made:
    """Find by name, then count what belongs to it."""
    found, lister = find(
        scene, draw, lambda lister: next(scene.graph.beneath(lister.collection, "list"), None)
    )
    draft = Draft(scene)
    slots = search(draft, found, draw)
    thought = phrases.say("thoughts", "found", draw, tool=lister.name, **slots)
    path = found.path(lister, found.reference())
    known = draft.visible_facts()
    draft.call(lister, in_arguments(lister, path), thought)
    count = len(draft.entries(lister))
    if count >= 10 or str(count) in known:
        raise Rejected("the list goes on, or its length is known before")
    slots |= {"noun": lister.noun, "nouns": phrases.plural(lister.noun), "filter": ""}
    answer = phrases.say(
        "answers", "count_one" if count == 1 else "count", draw, count=count, **slots
    )
    return finish_task(
        "chain", "count_of", draft, draw, slots, found.stated_values, answer, required=(count,)
    )


def named_write(scene: Scene, draw: Draw) -> Made:
    """Find by name, then delete, update, or act on what was found."""
    found, doers = find(scene, draw, lambda lister: doers_for(scene, lister.collection))
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
    path = found.path(doer, found.reference())
    draft.call(doer, in_arguments(doer, path, body=values or None), thought)
    draft.must_change()
    slots |= {"verb": verb_of(doer), **change_words(values)}
    purpose = {"merge": "update", "delete": delete_purpose(slots["noun"])}.get(act, "act")
    kind = {"merge": "update", "delete": "delete"}.get(act, "act")
    answer = phrases.say("answers", kind, draw, **slots)
    needed = [*found.stated_values, values]
    return finish_task("chain", purpose, draft, draw, slots, needed, answer)


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
        path, sent = found.path(creator, found.reference()), values
    draft.call(creator, in_arguments(creator, path, body=sent or None), thought)
    slots |= {"noun": creator.noun, "a_noun": phrases.with_article(creator.noun)}
    slots |= change_words(values)
    answer = phrases.say("answers", "create", draw, **slots)
    stated = {name: value for name, value in path.items() if not isinstance(value, dict)}
    return finish_task(
        "chain", "create", draft, draw, slots, [*found.stated_values, stated, values], answer
    )


def _creators(scene: Scene, lister: Ability) -> list[tuple[Ability, str]]:
    """Tools that create below an item of the list, or whose body refers to one."""
    found = [(ability, "") for ability in scene.graph.beneath(lister.collection, "create")]
    for name in scene.graph.creators:
        creator = scene.graph.ability(name)
        if creator is None or creator.meaning.act != "create":
            continue
        shape = scene.graph.body_shape(creator)
        for field in shape.properties if shape is not None else ():
            if creator.noun and scene.graph.target(field) == lister.collection.template:
                found.append((creator, field))
    return [(creator, field) for creator, field in found if not creator.must_be_told]
