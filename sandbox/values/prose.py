"""What descriptions and examples give away about a string: its options, the shape of its ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sandbox.values.keys import mix
from sandbox.values.lexicon import tokens, topic
from sandbox.values.people import Text, locator

_QUOTED: Final = re.compile(r"[`\"'“]([A-Za-z][\w.+-]{0,30})[`\"'”]")
_LISTING: Final = re.compile(
    r"one of|either|possible|valid values|allowed|can be|values are|values:|may be|supported", re.I
)
_SINGLE: Final = re.compile(
    r"(?:must|should|always|has to) (?:be )?(?:set to )?[`\"'“]([\w.:-]{1,40})[`\"'”]", re.I
)
_ALPHA2: Final = ("iso 3166", "iso-3166", "two-letter", "two-character", "2-letter", "alpha-2")
_NOT_WORDS: Final = frozenset(("true", "false", "null", "none"))
_VAGUE: Final = frozenset(
    "simple full response request dto details detail base minimal summary list item items input"
    " output create created update updated model object resource schema entity data info body"
    " payload result results new deleted public private single type v1 v2 v3 api id".split()
)


def options(flats: Sequence[Mapping[str, Any]]) -> list[str]:
    """Values that a description lists though the schema does not; [] where it lists none."""
    for flat in flats:
        text = flat.get("description")
        if not isinstance(text, str):
            continue
        single = _SINGLE.search(text)
        if single:
            return [single[1]]
        opening = _LISTING.search(text)
        if opening:
            end = text.find("\n\n", opening.end())
            found = _QUOTED.findall(text[opening.end() : end if end > 0 else opening.end() + 400])
            kept = [word for word in dict.fromkeys(found) if word not in _NOT_WORDS]
            if len(kept) > 1:
                return kept
    return []


def prefix(context: str) -> str:
    """A short mark for ids of a kind of entity: "CustomerResponse" -> "cus_", "" if vague."""
    words = [word for word in tokens(context) if word not in _VAGUE and word.isalpha()]
    return f"{words[-1][:3]}_" if words and len(words[-1]) > 2 else ""


def shaped_like(example: str) -> Text:
    """Ids in the shape of an example: letters stay letters, digits digits, the rest as it is.

    A leading word with its separator ("cus_", "ORD-") is kept: it names the kind of entity.
    """
    kept = re.match(r"[A-Za-z]+[_:.-](?=\w)|", example)
    start = kept.end() if kept else 0
    kinds: list[Callable[[int], str]] = [_same_kind(char) for char in example[start:]]
    head = example[:start]

    def make(key: int, owner: int) -> str:
        made = [head]
        for kind in kinds:
            key = mix(key + 1)
            made.append(kind(key))
        return "".join(made)

    return make


def _same_kind(char: str) -> Callable[[int], str]:
    if char in "0123456789":
        return lambda key: str(key % 10)
    if "a" <= char <= "z":
        return lambda key: chr(97 + key % 26)
    if "A" <= char <= "Z":
        return lambda key: chr(65 + key % 26)
    return lambda key: char


def country_code(name: str, flats: Sequence[Mapping[str, Any]]) -> Text | None:
    """For a country field whose length or description asks for a code, what makes the code."""
    about, role = topic(name)
    if about not in ("place.country", "place.country_code"):
        return None
    texts = " ".join(str(flat.get("description", "")) for flat in flats).lower()
    longest = min((flat.get("maxLength", 99) for flat in flats), default=99)
    if longest == 3 or any(word in texts for word in ("alpha-3", "alpha 3", "three-letter")):
        return locator("place.country_code3", role)
    if longest == 2 or any(word in texts for word in _ALPHA2):
        return locator("place.country_code", role)
    return None


def examples(flats: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What the members give as examples."""
    made: list[Any] = []
    for flat in flats:
        listed = flat.get("examples")
        made += listed if isinstance(listed, list) else []
        if flat.get("example") is not None:
            made.append(flat["example"])
    return made
