"""Recipe for deeds of their own: calls that no entity shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.conventions.rest_forms import act_of
from sandbox.conventions.vocabulary import begins_with_deed
from sandbox.conventions.words import singular, words
from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.draft import Draft, Made
from sandbox.tasks.nouns import sayable
from sandbox.tasks.recipes.writing import body, change_words, finish_task
from sandbox.tasks.sayable import first
from sandbox.tasks.subjects import Scene
from sandbox.tasks.tool_graph import Ability

_MOST_WORDS = 9


def call(scene: Scene, draw: Draw) -> Made:
    """A deed that no read shows: `POST /acceptDispute`, with all its values given."""
    spots = scene.places("call", draw, "no tool does a deed of its own")
    spot = first((s for s in spots if _deed_of(s.ability)), "no deed can be said")
    values = body(scene, spot.ability, draw)
    said = {**spot.values, **spot.query, **values}
    slots = {"deed": _deed_of(spot.ability), "tool": spot.ability.name, **change_words(said)}
    draft = Draft(scene)
    thought = phrases.say("thoughts", "call", draw, **slots)
    sends = spot.ability.operation.body is not None
    draft.call(spot.ability, spot.arguments(body=values if sends else None), thought)
    draft.must_change()
    answer = phrases.say("answers", "call", draw, **slots)
    return finish_task("act", "call", draft, draw, slots, said, answer)


def _deed_of(ability: Ability) -> str:
    """What a call does, as an order: "accept a dispute"; "" where nobody could say it."""
    return next(_deeds(ability), "")


def _deeds(ability: Ability) -> Iterator[str]:
    operation = ability.operation
    summary = operation.summary.strip().rstrip(".")
    opening, _, rest = summary.partition(" ")
    plain = re.fullmatch(r"[A-Z]?[a-z]+(?: (?:[A-Z]?[a-z'-]+|[A-Z]{2,}s?))*", summary) is not None
    if rest and plain and len(summary.split()) <= _MOST_WORDS:
        verb = opening.lower()
        verb = singular(verb) if not phrases.is_deed(verb) else verb
        article = rest.split()[0].lower() in ("a", "an", "the", "your")
        if phrases.is_deed(verb) or (article and verb == opening.lower()):
            new = act_of(verb) == "create"
            yield f"{verb} {rest if new else re.sub('^an? ', 'the ', rest)}"
    last = next((p for p in reversed(operation.path.split("/")) if p and "{" not in p), "")
    for name in (last, operation.id):
        parts = words(name) or ("",)
        named = parts[0] != operation.method.lower() and phrases.is_deed(parts[0])
        if len(parts) > 1 and named and all(part.isalpha() for part in parts):
            noun = phrases.noun("_".join(parts[1:]))
            many = phrases.is_plural(" ".join(parts[1:]))
            counted = many and parts[-1].endswith("s") and " " in noun
            idle = noun.split()[-1] in phrases.word_set("no_nouns")
            if not sayable(noun) or (idle and not counted):
                continue
            yield f"{parts[0]} {phrases.plural(noun) if many else phrases.with_article(noun)}"
    noun = phrases.noun(last)
    thing = phrases.is_plural(" ".join(words(last))) and not begins_with_deed(last)
    if operation.method == "POST" and thing and sayable(noun):
        yield f"create {phrases.with_article(noun)}"
