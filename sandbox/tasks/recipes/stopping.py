"""Recipes for tasks in which giving up, with the reason or a question, is the right end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.recipes.writing import (
    act,
    body,
    change_words,
    create,
    delete,
    update,
    verb_of,
    words_for,
)
from sandbox.tasks.sayable import Rejected, first, must_state
from sandbox.tasks.subjects import Scene
from sandbox.tasks.tool_graph import Ability

# What a task of each kind could be done with instead.
_SUBSTITUTES: Final[dict[str, tuple[str, ...]]] = {
    "create": ("create", "write"),
    "update": ("merge", "replace", "write", "action", "toggle"),
    "delete": ("delete", "clear", "action", "toggle", "merge", "replace"),
    "act": ("action", "toggle", "merge", "replace", "write"),
}


def missing(scene: Scene, draw: Draw) -> Made:
    """A new entity is wanted, but a value that nobody can look up is not given."""
    if draw.chance(0.2, "entity"):
        return _missing_entity(scene, draw)
    for ability in scene.graph.draw("create", draw, tries=16):
        shape = scene.graph.body_shape(ability)
        if shape is None or ability.must_be_told:
            continue
        names = [
            name for name in sorted(shape.required) if _unknowable(scene, shape.properties, name)
        ]
        if not names:
            continue
        spot = scene.spot(ability, draw)
        gone = draw.choice(names, "missing")
        values = body(scene, ability, draw, but=(gone,))
        label = phrases.label(f"/{gone}")
        slots = words_for(spot, **change_words(values, spot.ability.noun), missing=label)
        text, template = phrases.instruction("missing", draw, **slots)
        must_state(text, [spot.stated_values, values])
        if label in text:
            raise Rejected("the missing value is named after all")
        return _stop("missing", Draft(scene), text, template, "missing", draw, slots, ability.name)
    raise Rejected("nothing is required that could be missing")


def _unknowable(scene: Scene, properties: Any, name: str) -> bool:
    """Whether a property can neither be guessed nor be looked up."""
    resolved = (
        scene.world.document.schemas.resolve(properties[name]) if name in properties else None
    )
    if not isinstance(resolved, dict) or scene.graph.target(name) is not None:
        return False
    if any(word in resolved for word in ("enum", "const", "default")):
        return False
    return resolved.get("type") in ("string", "integer", "number")


def _missing_entity(scene: Scene, draw: Draw) -> Made:
    ability = first(
        (a for a in scene.graph.draw("delete", draw) if a.meaning.item), "no tool deletes anything"
    )
    noun = ability.noun
    slots = {"noun": noun, "nouns": phrases.plural(noun)}
    families = {"one": phrases.grammar()["instructions"]["missing_entity"]["one"]}
    text, template = phrases.sentence_in_frame(families, draw, prefix="missing_entity", **slots)
    return _stop(
        "missing", Draft(scene), text, template, "missing_entity", draw, slots, ability.name
    )


def impossible(scene: Scene, draw: Draw) -> Made:
    """A fair request, but nothing that could do it is offered."""
    recipe: Callable[[Scene, Draw], Made] = draw.choice((create, update, delete, act), "recipe")
    made = recipe(scene, draw)
    ability = scene.graph.ability(made.draft.tools[-1])
    assert ability is not None
    wanted = {
        "create": f"create {phrases.with_article(ability.noun)}",
        "update": f"change {phrases.with_article(ability.noun)}",
        "delete": f"delete {phrases.with_article(ability.noun)}",
        "act": f"{verb_of(ability)} {phrases.with_article(ability.noun)}",
    }[made.kind]
    hidden = _able(scene, ability, _SUBSTITUTES[made.kind])
    slots = {"deed": wanted}
    return _stop(
        "impossible",
        Draft(scene),
        made.instruction,
        f"impossible/{made.template}",
        "impossible",
        draw,
        slots,
        ability.name,
        hidden,
    )


def _able(scene: Scene, ability: Ability, acts: tuple[str, ...]) -> frozenset[str]:
    """Every tool that does one of these things to entities of this name, wherever they lie."""
    nearby = (ability.name, *scene.graph.near(ability.name))
    found = {ability.name}
    for name in nearby:
        other = scene.graph.ability(name)
        if other is not None and other.meaning.act in acts:
            found.add(name)
    return frozenset(found)


def irrelevant(scene: Scene, draw: Draw) -> Made:
    """A request that has nothing to do with the document."""
    topics = phrases.grammar()["topics"]
    slots: dict[str, Any] = {name: draw.choice(words, name) for name, words in topics.items()}
    slots["big"] = draw.integer(120, 9900, "big")
    slots["hour"] = draw.integer(5, 11, "hour")
    families = phrases.grammar()["irrelevant"]
    text, template = phrases.sentence_in_frame(families, draw, prefix="irrelevant", **slots)
    if not scene.graph.names:
        raise Rejected("the document has no operations")
    about = draw.choice(scene.graph.names, "about")
    ability = scene.graph.ability(about)
    slots["nouns"] = phrases.plural(ability.noun if ability and ability.noun else "entry")
    return _stop("irrelevant", Draft(scene), text, template, "irrelevant", draw, slots, about)


def _stop(
    kind: str,
    draft: Draft,
    text: str,
    template: str,
    purpose: str,
    draw: Draw,
    slots: dict[str, Any],
    about: str,
    hidden: frozenset[str] = frozenset(),
) -> Made:
    reason = phrases.say("give_up", purpose, draw, **slots)
    return Made(
        kind=kind,
        draft=draft,
        instruction=text,
        template=template,
        answer=reason,
        closing=reason,
        solvable=False,
        hidden=hidden,
        about=about,
    )
