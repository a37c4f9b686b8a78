"""What an answer may say: values as requests and replies have them, and what is computed from them.

What a request asks for is matched with the names of the fields that replies have shown; an answer
then has to say the value of each. How many, the highest, the lowest, a sum and a mean are
calculated over the entries that were read, never by a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.runtime.forms.acts import WRITING, kind_of, may_change, wishes
from agent.runtime.forms.answer_words import answer_words
from agent.runtime.forms.conditions import condition_holds, condition_value
from agent.runtime.forms.decisions import calls_made, went_well
from agent.runtime.forms.lists_read import (
    COUNTS,
    as_text,
    is_numeric,
    leaf_values,
    list_in,
    matching_entries,
    without_page,
)
from agent.runtime.forms.request_values import distinctive_in, is_id, request_of, values_behind
from agent.runtime.forms.request_words import places_in, request_words
from agent.runtime.forms.shown_values import parsed_body
from agent.runtime.forms.tool_choice import EVERY, changes_made
from sandbox import exact_json
from sandbox.conventions.vocabulary import key_of, names
from sandbox.conventions.words import singular, singulars, words
from sandbox.tasks.phrases import label
from trajectories.records import Call, Message

MOST: Final = 60
"""Values that an answer can choose from."""
_MOMENTS: Final = ("at", "on", "date", "time")
_AMONG: Final = {
    "highest": re.compile(r"\b(higher|highest|largest|larger|biggest|maximum|greatest|latest)\b"),
    "lowest": re.compile(r"\b(lower|lowest|smallest|smaller|cheapest|minimum|least|earliest)\b"),
    "sum": re.compile(r"\b(sum|total|in all|altogether|combined|add up)\b"),
    "mean": re.compile(r"\b(average|mean)\b"),
}
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_TIMES: Final = {
    "updated": {"update", "updated", "change", "changed", "modified", "modification"},
    "created": {"creation", "created"},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer has to say, and what it may say besides."""

    asked: tuple[tuple[str, ...], ...] = ()
    """Per asked value the texts that it can be, in the order in which they are asked for."""
    known: tuple[str, ...] = ()
    """Texts of values that may be named where nothing is asked."""
    spoken: tuple[str, ...] = ()
    """Those of the request."""
    words: tuple[str, ...] = ()
    """The words that it is made of where it is plain: some value is asked for, or something was
    changed; empty for any."""
    calculated: tuple[str, ...] = ()
    """What of the asked values stands in no reply, and how it comes about: "count of listRooms = 7"
    or "sum of price of 3 = 12.5"."""


@dataclass(frozen=True, slots=True)
class _Entity:
    """An object in a reply."""

    fields: dict[str, Any]
    reply: int
    parent: str
    """The field that holds it; empty for a reply itself and for entries of lists."""

    def holds(self, name: tuple[str, ...]) -> bool:
        """Whether it has a field that is named by itself or with the object that holds it."""
        value = self.fields.get(name[-1])
        known = _is_plain(value) or isinstance(value, bool)
        return known and (len(name) == 1 or name[0] == self.parent)


def answer_of(messages: Sequence[Message]) -> Answer:
    """What the answer to a conversation has to say."""
    request = request_of(messages)
    replies = [
        (call, parsed_body(reply.content))
        for call, reply in calls_made(messages)
        if went_well(reply)
    ]
    entities = [each for at, (_, value) in enumerate(replies) for each in _entities(value, at)]
    answers = list(_asked_values(request, replies, entities))
    if condition_holds(messages) is False:
        answers = [([condition_value(messages)], "")]
    asked = [tuple(dict.fromkeys(map(as_text, found))) for found, _ in answers]
    shown = [
        as_text(value) for each in entities for value in each.fields.values() if _is_plain(value)
    ]
    read = [turn.content for turn in messages if turn.role == "observation"]
    numbers = _NUMBER.findall(" ".join([request, *read]))
    known = [*distinctive_in(request), *reversed(shown), *numbers]
    named = tuple(dict.fromkeys(known))[: 4 * MOST]
    calculated = tuple(f"{how} = {as_text(found[0])}" for found, how in answers if how)
    asked = list(filter(None, asked))
    is_plain = asked or wishes(request) & WRITING
    called = {call.name for call, _ in replies}
    kinds = _kinds_made(messages)
    said = tuple(sorted(answer_words(request, called, kinds))) if is_plain else ()
    return Answer(tuple(asked), named, distinctive_in(request), said, calculated)


def _kinds_made(messages: Sequence[Message]) -> frozenset[str] | None:
    """The kinds of changes that were made, and those that the request asks for where there were
    any; None where it asks for none, or a reply, a condition or a tool's name leaves it open."""
    asked = wishes(request_of(messages)) & WRITING
    made = frozenset(kind_of(call.name, "") for call in changes_made(messages))
    if made:
        return made | asked
    made_calls = list(calls_made(messages))
    tried = [reply for call, reply in made_calls if may_change(call.name)]
    is_open = any(reply.status is None or reply.status >= 500 for reply in tried)
    is_open = is_open or any("post" in words(call.name) for call, _ in made_calls)
    return None if is_open or not asked or condition_holds(messages) is not None else made


def is_over_all(request: str) -> bool:
    """Whether what a request asks for is calculated over all entries of a list."""
    spoken = request.lower()
    if wishes(request) & WRITING or "of the two" in spoken or "compare" in spoken:
        return False
    return bool(COUNTS.search(request) or any(test.search(spoken) for test in _AMONG.values()))


def _asked_values(
    request: str, replies: Sequence[tuple[Call, Any]], entities: Sequence[_Entity]
) -> Iterator[tuple[list[Any], str]]:
    """The values that each asked thing can be, and how they are calculated; empty for read ones."""
    if wishes(request) & WRITING:
        return
    if COUNTS.search(request):
        yield _counts(request, entities, replies)
        return
    values = set(distinctive_in(request))
    how = next((name for name, test in _AMONG.items() if test.search(request.lower())), "")
    # Whether a thing is so is asked where nothing else is: "the name of the open door".
    asked = _asked_fields(request, entities, _is_plain) or _asked_fields(
        request, entities, lambda value: isinstance(value, bool)
    )
    if not how and EVERY.search(request) and (every := _of_each(request, replies, asked)):
        yield from (([value], "") for value in every[:MOST])
        return
    for name in asked:
        key = name[-1]
        having = [each for each in entities if each.holds(name)]
        numbers = [each.fields[key] for each in having if is_numeric(each.fields[key])]
        if how and len(numbers) > 1 and not (how == "sum" and "total" in words(key)):
            yield [calculate(how, numbers)], f"{how} of {' '.join(name)} of {len(numbers)}"
            continue
        # The last reply that has the field is the one that was looked for, and in it the entity
        # that holds most of what the request says.
        last = [each for each in having if each.reply == having[-1].reply]
        fit = [len(values & set(map(as_text, each.fields.values()))) for each in last]
        best = [
            each.fields[key] for each, count in zip(last, fit, strict=True) if count == max(fit)
        ]
        yield best[::-1][:MOST], ""


def calculate(how: str, numbers: Sequence[Any]) -> Any:
    """The highest, lowest, sum or mean of numbers."""
    if how in ("highest", "lowest"):
        return max(numbers) if how == "highest" else min(numbers)
    total = sum(numbers)
    return round(total if how == "sum" else total / len(numbers), 6)


def _counts(
    request: str, entities: Sequence[_Entity], replies: Sequence[tuple[Call, Any]]
) -> tuple[list[Any], str]:
    """How many there are, and of what it is the count: the total that a list's last reply states,
    else its entries, else what a field for it says."""
    if last := _last_list(request, replies):
        if not last.fitting and last.total is not None:
            return [last.total], ""
        return [len(last.fitting or last.entries)], f"count of {last.name}"
    fields = _asked_fields(request, entities, _is_plain)
    found = [each.fields[name[-1]] for name in fields for each in entities if each.holds(name)]
    return [value for value in found if is_numeric(value)][-1:], ""


def _of_each(
    request: str, replies: Sequence[tuple[Call, Any]], asked: Sequence[tuple[str, ...]]
) -> list[Any]:
    """What is asked for of each entry of the list that was read last, entry by entry."""
    last = _last_list(request, replies)
    entries = (last.fitting or last.entries) if last is not None else []
    things = [entry for entry in entries if isinstance(entry, dict)]
    found = [thing.get(name[-1]) for thing in things for name in asked]
    return [value for value in found if _is_plain(value)]


@dataclass(frozen=True, slots=True)
class _List:
    """A list that was read, all its pages together."""

    name: str
    """Of the tool."""
    entries: Sequence[Any]
    fitting: Sequence[Any]
    """Those that have what the request names and what was not sent along; none where none has."""
    total: int | None
    """How many there are, where the last page says so."""


def _last_list(request: str, replies: Sequence[tuple[Call, Any]]) -> _List | None:
    """The list that was read last."""
    for last, value in reversed(replies):
        entries, total = list_in(value)
        if entries is None:
            continue
        # A page that was read twice is one page.
        pages = {
            (call.raw, exact_json.dumps(page)): page
            for call, page in replies
            if call.name == last.name and without_page(call) == without_page(last)
        }
        read = [entry for page in pages.values() for entry in list_in(page)[0] or ()]
        sent = frozenset(map(as_text, leaf_values(last.arguments)))
        return _List(last.name, read, matching_entries(request, read, sent), total)
    return None


def _asked_fields(
    request: str, entities: Sequence[_Entity], is_asked: Callable[[Any], bool]
) -> list[tuple[str, ...]]:
    """The fields that a request speaks of without saying what they are, in its order, with the name
    of the object that they are in where it speaks of that; `is_asked` judges their values."""
    request_said = request_words(request)
    said = [word.plain for word in request_said]
    found: dict[tuple[str, ...], int] = {}
    for each in entities:
        for key, value in each.fields.items():
            for name in ((key,), (each.parent, key)) if each.parent else ((key,),):
                if name in found or not is_asked(value):
                    continue
                if is_id(key) and singulars(key)[-1] not in said:
                    continue  # "The owner" is more than the id of one.
                start, stop = _place(" ".join(name), said)
                # "The date 2025-01-02" asks for no date.
                if stop and not values_behind(request_said, stop, tuple(said[start:stop]))[0]:
                    found[name] = start
    parts = {name: set(singulars(" ".join(name))) for name in found}
    # "The start date" asks for startDate, not for date.
    return [
        name
        for name in sorted(found, key=found.__getitem__)
        if not any(parts[name] < parts[other] for other in found)
    ]


def _place(key: str, said: Sequence[str]) -> tuple[int, int]:
    """Where a request names a field; (0, 0) for nowhere."""
    kind = singulars(key)
    kind = kind[:-1] if kind[-1:] == ("utc",) else kind
    labels = [kind]
    if len(kind) > 1 and kind[-1] in _MOMENTS:
        labels += [(*kind[:-1], moment) for moment in _MOMENTS]
        # "When does it end?" asks for `ends_at`.
        labels += [kind[:-1]] if "when" in said else []
    # As people say it: `deleted_at` is the deletion time.
    labels.append(tuple(map(singular, label(f"/{key.replace(' ', '/')}").split())))
    for wanted in filter(None, labels):
        for at in places_in(said, wanted):
            return at, at + len(wanted)
    for when, spoken in _TIMES.items():
        if key_of(key) in names("timestamps", when):
            return next(((at, at + 1) for at, word in enumerate(said) if word in spoken), (0, 0))
    return 0, 0


def _entities(value: Any, reply: int, parent: str = "") -> Iterator[_Entity]:
    """All objects in a reply, outer ones first."""
    if isinstance(value, dict):
        yield _Entity(value, reply, parent)
        for name, part in value.items():
            yield from _entities(part, reply, name)
    elif isinstance(value, list):
        for part in value:
            yield from _entities(part, reply)


def _is_plain(value: Any) -> bool:
    return (isinstance(value, str) and value != "") or is_numeric(value)
