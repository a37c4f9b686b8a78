"""Values that a request states for an argument, and those that a conversation has shown.

A request states a value where the words of an argument's name stand before it: "the event date
2025-01-02", "a depth of 9", "event ev_42". Nothing else is guessed: where a request says more than
one, each of them stays a candidate.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from agent.runtime.forms.request_words import Word, places_in, request_words, without_quotes
from sandbox.conventions.vocabulary import names
from sandbox.conventions.words import singulars, words
from sandbox.tasks import phrases
from trajectories.records import Message

_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?\Z")
_SAYS: Final = frozenset({"is", "are", "to", "as", "=", "be", "equal"})
"""Words after which even an ordinary word is a value."""
_LINKS: Final = _SAYS | frozenset({"should", "set", "of", "with", "the", "id"})
"""Words that may stand between a name and its value."""
_CALLED: Final = frozenset({"called", "named", "titled"})
_NAMES: Final = frozenset({"name", "title"})
_ID_WORDS: Final = frozenset((word,) for word in names("identifiers", "words") - _NAMES)
_FUNCTION_WORDS: Final = (
    "a about an and at but by can could do does done for from has have i in into it its me my no "
    "not now of on only or our please so than thank thanks that them then there this those was we "
    "were what which who whose will would you your"
)
SMALL_WORDS: Final = _LINKS | _CALLED | frozenset(_FUNCTION_WORDS.split())
"""Words that are no value by themselves, and say nothing of what a request is about."""
_MOMENTS: Final = frozenset({"at", "on", "date", "time"})
_PROPER_NAME: Final = re.compile(r"(?<=[a-z,] )[A-Z][\w'-]+(?: (?:of |the )?[A-Z][\w'-]+)*")
"""Capitalised words inside a sentence."""
ISO_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d\Z")
_SPELLED_DATE: Final = re.compile(
    rf"\b({'|'.join(month_name[1:])})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})", re.IGNORECASE
)


def is_shown(value: str, text: str) -> bool:
    """Whether a text has a value of a request, or all parts of one such as "owner/name"."""
    return value in text or all(part and part in text for part in value.split("/"))


@dataclass(frozen=True, slots=True)
class StatedValue:
    """What a request states for an argument."""

    values: tuple[str, ...] = ()
    """In their order; empty for nothing."""
    is_asserted: bool = False
    """Whether the argument has to be given: its own name is spoken, not only the id of something,
    and not to say which thing is meant ("whose city is Lyon")."""
    is_filter: bool = False
    """Whether it says which things are meant ("whose city is Lyon")."""
    after: tuple[str, ...] = ()
    """Words behind the argument's name that may be its value or just go on."""


@lru_cache(maxsize=4096)
def stated_value(
    name: str,
    text: str,
    nouns: tuple[str, ...] = (),
    longer: frozenset[tuple[int, int]] = frozenset(),
) -> StatedValue:
    """What a request states for an argument of a name; `nouns` is what the tool is about.

    `longer` are (end, length) of names of other arguments in the request's words: "provider name"
    is no "name" where a tool takes both, "start time" no start date.
    """
    request = request_words(text)
    name = own_name(name)
    kind = singulars(name)
    bare = len(kind) == 1 and is_id(name) and kind[0] not in _NAMES
    values: list[str] = []
    after: list[str] = []
    is_asserted = is_filter = False
    spoken = spoken_name(name)
    for label in _labels(kind, spoken):
        # A name that is spoken just so goes before one that is only alike.
        least = len(label) + (label in (kind, spoken))
        for at in places_of(label, request):
            end = at + len(label)
            if any(
                other - length <= at and end <= other and length >= least
                for other, length in longer
            ):
                continue
            # "The board slug x" is no slug of a topic.
            if not bare or request[at - 1].plain in (*nouns, "the"):
                found, behind = values_behind(request, end, kind)
                values += found
                after += behind
                as_is = at > 0 and request[at - 1].text.lower() == "whose"
                is_asserted = is_asserted or bool(found and not as_is and not is_id(name))
                is_filter = is_filter or bool(found and as_is)
        if values:
            break
    if kind and kind[-1] in _NAMES:
        values += sorted(called_in(text))
    if bare and not values and nouns:
        for at in places_of(nouns, request):
            found, behind = values_behind(request, at + len(nouns), kind)
            values += found
            after += behind
    whole = dict.fromkeys(_whole(value, text) for value in values)
    return StatedValue(tuple(whole), is_asserted, is_filter, tuple(dict.fromkeys(after)))


@lru_cache(maxsize=1024)
def stated_truth(name: str, text: str) -> bool | None:
    """Whether a request says that something shall be what an argument is named by ("which should
    not be archived", "it is archived now"); None where it says nothing of it, or both."""
    label = re.escape(" ".join(word for word in words(name) if word != "is"))
    said = re.findall(
        rf"\b(?:should|shall|must|and|or|to)(?: also)?( not)? be {label}\b", text, re.IGNORECASE
    )
    said += re.findall(rf"\bis( not)? {label} now\b", text, re.IGNORECASE)
    return None if len(set(said)) != 1 else not said[0]


def _whole(value: str, text: str) -> str:
    """The proper name or the moment that a word begins in a request: "Kofi" of "Kofi Chen", a date
    before its time."""
    if value[:1].isupper() and value.isalpha():
        rest = r"(?: (?:(?:of|the) )*[A-Z][\w'-]+)+"
    elif ISO_DATE.match(value):
        rest = r" \d\d:\d\d(?::\d\d)?"
    else:
        return value
    found = re.search(rf"(?<![\w\"'“-]){re.escape(value)}{rest}", text)
    return found[0] if found else value


def is_id(name: str) -> bool:
    """Whether an argument's name ends in a word for identifiers; names are texts."""
    return words(own_name(name))[-1:] in _ID_WORDS


def own_name(name: str) -> str:
    """An argument's name without the place that tells it from another of the same name
    ("id__path")."""
    return name.partition("__")[0]


def spoken_name(name: str) -> tuple[str, ...]:
    """The words by which people speak of an argument: `created_by` is the "creator"."""
    return singulars(phrases.label(f"/{own_name(name)}"))


def _labels(kind: tuple[str, ...], spoken: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words under which an argument is spoken of, the most telling ones first."""
    if not kind:
        return
    yield kind
    if len(kind) > 1 and spoken and spoken != kind:
        yield spoken
    if len(kind) > 1 and kind[-1:] in _ID_WORDS:
        yield kind[:-1]
    if len(kind) > 1 and kind[-1] in _MOMENTS:
        yield from ((*kind[:-1], moment) for moment in sorted(_MOMENTS))
        yield kind[:-1]


def places_of(label: tuple[str, ...], request: Sequence[Word]) -> Iterator[int]:
    """Where a label stands in a request, with something behind it."""
    return places_in([word.plain for word in request[:-1]], label)


def values_behind(
    request: Sequence[Word], at: int, kind: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    """The value that begins at a place after a name, with those that "and" and commas add; and the
    ordinary word there, if it is one."""
    start = at
    links = _LINKS | {kind[-1]}
    while at < len(request) and not request[at].quoted and request[at].text.lower() in links:
        at += 1
    link = request[at - 1].text.lower() if at > start else ""
    says = link in _SAYS
    ids = kind[-1:] in _ID_WORDS
    found: list[str] = []
    while at < len(request):
        word = request[at]
        ordinary = says and not ids and word.text.lower() not in SMALL_WORDS
        ordinary = ordinary or (word.text.isupper() and len(word.text) > 1)
        ordinary = ordinary or (word.is_proper and not ids)
        # "A depth of 9" states one, "the colour of x1" does not.
        owner = link == "of" and not (word.quoted or is_number(word.text.rstrip("%")))
        if word.text == "," or word.text in month_name or owner or not (word.is_value or ordinary):
            break
        found.append(word.text)
        joined = at + 1
        while joined < len(request) and request[joined].text in (",", "and"):
            joined += 1
        # "…, the price 25": what follows a comma is a value only where no name stands before it.
        if joined == at + 1 or not (joined < len(request) and request[joined].is_value):
            break
        at = joined
    behind = request[at].text if not found and at < len(request) else ","
    # "The log with the user name x7" speaks of no log called "user".
    goes_on = link in ("with", "of", "the") or behind.lower() in (*SMALL_WORDS, ",")
    return found, [] if goes_on else [behind]


@lru_cache(maxsize=256)
def distinctive_in(text: str) -> tuple[str, ...]:
    """What can only be values in a request: quoted texts, words that are none of a language, dates
    as APIs write them, and proper names."""
    found = [word.text for word in request_words(text) if word.is_value and word.text != ","]
    proper = _PROPER_NAME.findall(without_quotes(text))
    return tuple(dict.fromkeys([*found, *_dates(text), *proper]))


@lru_cache(maxsize=256)
def names_in(text: str) -> frozenset[str]:
    """What a request says something is called: no id of it."""
    return called_in(text, behind=_CALLED | _NAMES)


@lru_cache(maxsize=256)
def called_in(text: str, *, behind: frozenset[str] = _CALLED) -> frozenset[str]:
    """The names that stand behind "called" and its like."""
    return frozenset(
        value.text
        for word, value in pairwise(request_words(text))
        if word.text.lower() in behind and (value.quoted or value.text[0].isupper())
    )


@lru_cache(maxsize=256)
def own_names(nouns: tuple[str, ...], text: str) -> frozenset[str]:
    """What the thing of some nouns is called where other things are called something, too: "a note
    for the file called x1 called x2"."""
    request = request_words(text)
    return frozenset(
        value.text
        for before, word, value in zip(request, request[1:], request[2:], strict=False)
        if word.text.lower() in _CALLED and (before.is_value or before.plain in nouns)
    )


def new_names(values: Sequence[str], text: str) -> Sequence[str]:
    """Values without what something is called already, where a request states others: "give the cat
    called Tom the name Kim"."""
    return [value for value in values if value not in called_in(text)] or values


@lru_cache(maxsize=256)
def attributes_in(text: str) -> frozenset[str]:
    """What a request says of a thing to tell which one it is ("the log with the user name x7"): no
    id, unless the words before it are those of one."""
    request, found = request_words(text), set[str]()
    for at, word in enumerate(request):
        label: list[str] = []
        for before in reversed(request[max(0, at - 5) : at]):
            if before.is_value or before.text.lower() in ("with", "whose", "and", ","):
                opened = before.text.lower() in ("with", "whose")
                if word.is_value and opened and label and (label[0],) not in _ID_WORDS:
                    found.add(word.text)
                break
            if before.text.lower() not in _LINKS:
                label.append(before.plain)
    return frozenset(found)


def _dates(text: str) -> Iterator[str]:
    """Dates that are spelled out, such as "March 1, 2016", in ISO form."""
    for month, day, year in _SPELLED_DATE.findall(text):
        number = next(at for at, name in enumerate(month_name) if name[:3] == month[:3].title())
        yield f"{year}-{number:02}-{int(day):02}"


def request_of(messages: Sequence[Message]) -> str:
    """All that the user has said."""
    return "\n".join(turn.content for turn in messages if turn.role == "user")


def is_number(text: str) -> bool:
    """Whether a text is a number of JSON."""
    return _NUMBER.match(text) is not None
