"""What can be said in a task: values that fit into a sentence, fields one would ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sandbox.conventions.vocabulary import stem
from sandbox.conventions.words import words
from sandbox.tasks import phrases, value_phrases
from sandbox.tasks.answers import states

T = TypeVar("T")

LONGEST: Final = 72
_MOST_VALUES: Final = 9
EASY: Final = 5
"""Values that one sentence takes without effort."""
_MOST_WORDS: Final = 3
_LONGEST_LABEL: Final = 5
"""Words of a label that a sentence can still carry."""
_CODES: Final = frozenset(
    (
        "id ids number code version key at timestamp type kind layout flags mode status state "
        "category class format order position index year created updated modified date time "
        "latitude longitude lat lng lon since until start end"
    ).split()
)
"""Words of figures that nobody would compare or add up."""
_OPAQUE: Final = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[A-Za-z0-9+/=_-]{16,}|[A-Za-z0-9+/]{24,}=*")

_BASE64: Final = re.compile(r"(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+/]{24,}=*")


class Rejected(Exception):
    """This draft comes to nothing; the reason is counted, not raised to anybody."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def first(found: Iterable[T], reason: str) -> T:
    """The first of something, or a rejection for the reason given."""
    for each in found:
        return each
    raise Rejected(reason)


def short(leaf: Any) -> bool:
    """Whether a plain value fits into a sentence: one line, and not too long."""
    if isinstance(leaf, str):
        return len(leaf) <= LONGEST and bool(leaf.strip()) and leaf == " ".join(leaf.split())
    return leaf is not None and not isinstance(leaf, bytes)


def _base64(value: Any) -> bool:
    return isinstance(value, str) and _BASE64.fullmatch(value) is not None


def opaque(value: Any) -> bool:
    """Whether a text is one that only machines read: base64, long hexadecimal."""
    return isinstance(value, str) and _OPAQUE.fullmatch(value) is not None


def speakable(value: Any) -> bool:
    """Whether the values of a request fit into a sentence: few, each short, none of them empty."""
    leaves = value_phrases.leaves(value)
    if not 0 < len(leaves) <= _MOST_VALUES or _hollow(value) or _has_object_list(value):
        return False
    return all(
        short(leaf) and not _base64(leaf) and len(phrases.label(at).split()) <= _LONGEST_LABEL
        for at, leaf in leaves
    )


def _hollow(value: Any) -> bool:
    """Whether there is an empty object or list inside, of which nothing could be said."""
    if isinstance(value, Mapping):
        return not value or any(map(_hollow, value.values()))
    return isinstance(value, list) and (not value or any(map(_hollow, value)))


def _has_object_list(value: Any) -> bool:
    """Whether a list inside holds more than one object: no sentence keeps them apart."""
    if isinstance(value, Mapping):
        return any(map(_has_object_list, value.values()))
    return isinstance(value, list) and (
        any(map(_has_object_list, value))
        or sum(isinstance(item, Mapping | list) for item in value) > 1
    )


def easily_said(name: str, value: Any) -> bool:
    """Whether an optional value of a request is one that people state: a plain one with a name."""
    members = value if isinstance(value, list) else [value]
    if not members or len(members) > 3 or any(isinstance(m, Mapping | list) for m in members):
        return False
    label = phrases.label(f"/{name}")
    if not name[:1].isalpha() or any(len(part) == 1 for part in label.split()):
        return False  # `@type` and `$ref` are the wire's own
    if isinstance(value, bool) and not phrases.is_adjective(label):
        return False
    spoken = label.split()
    pale = spoken[-1:] and spoken[-1] in phrases.word_set("pale")
    return not pale and 0 < len(spoken) <= _MOST_WORDS and not any(map(opaque, members))


@dataclass(frozen=True, slots=True)
class Fact:
    """Something of an entity that one could ask for."""

    pointer: str
    label: str
    value: Any

    @property
    def measures(self) -> bool:
        """Whether it is a figure that can be compared, and no id or code."""
        figure = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        return figure and _CODES.isdisjoint(words(self.pointer))

    @property
    def adds_up(self) -> bool:
        """Whether the sum over many entities means something."""
        return self.measures and not phrases.word_set("adds_up").isdisjoint(words(self.pointer))


def facts(entity: Any, *, but: Sequence[str] = ()) -> list[Fact]:
    """The short fields of an entity that people would ask for, one level of nesting included."""
    if not isinstance(entity, Mapping):
        return []
    found, alike = dict[str, Fact](), set[str]()
    unasked = phrases.word_set("unasked")
    for at, value in value_phrases.leaves(entity):
        parts = at.split("/")[1:]
        if len(parts) > 2 or any(part.isdigit() for part in parts) or at in but:
            continue
        said, last = phrases.label(at), words(parts[-1])
        reference = len(last) > 1 and last[-1] in ("id", "ids", "key", "sid", "uuid", "uid")
        if reference or not unasked.isdisjoint(words(at)) or not stem(parts[-1]):
            continue
        telling = all(len(part) > 1 for part in said.split())
        if telling and short(value) and not opaque(value) and _asked_for(said, value):
            alike.update([said] if said in found else [])
            found[said] = Fact(at, said, value)
    return [fact for said, fact in found.items() if said not in alike]


def _asked_for(said: str, value: Any) -> bool:
    parts = said.split()
    if isinstance(value, bool) and not (len(parts) <= 2 and phrases.is_adjective(said)):
        return False
    pale = parts and parts[-1] in phrases.word_set("pale")
    if said in ("start", "end", "page") and isinstance(value, int | float):
        return False  # Where a page lies.
    roots = {part[:5] for part in parts}
    if len(roots) < len(parts):  # "reminders reminder delay" says a thing twice.
        return False
    return 0 < len(parts) <= _MOST_WORDS + ("in" in parts) and not pale and len(said) <= 40


def must_state(instruction: str, values: Any) -> None:
    """Reject an instruction that leaves out a value that the solution needs."""
    for _, leaf in value_phrases.leaves(values):
        if isinstance(leaf, bool) or leaf is None:
            continue
        if not states(instruction, leaf):
            raise Rejected("a needed value is not in the instruction")
