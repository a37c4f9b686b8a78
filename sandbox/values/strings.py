"""Strings: a text for the field's topic if it fits, else one grown from pattern, format, length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sandbox.errors import NoInstance
from sandbox.values import wording
from sandbox.values.formats import of_format
from sandbox.values.judge import checker
from sandbox.values.keys import mix
from sandbox.values.lexicon import tokens, topic
from sandbox.values.like_example import as_described, like_examples
from sandbox.values.moments import is_moment, moment, stage
from sandbox.values.nodes import Impossible, Node, Plan, Scalar
from sandbox.values.patterns import NoPattern, grower
from sandbox.values.people import Text
from sandbox.values.prose import country_code, examples, options, prefix, shaped_like
from sandbox.values.run import Make, Run

_MANY: Final = 1 << 30
_LONGEST: Final = 1_000_000
_PROBES: Final = tuple(mix(number) for number in range(1, 7))
_REACHES: Final = (8, 3, 16, 1, 32, 2, 5, 64)


def string_plan(node: Node) -> Plan:
    """How strings of a node are made."""
    flats = node.parts.flats
    low = max((flat.get("minLength", 0) for flat in flats), default=0)
    high = min((flat.get("maxLength", _MANY) for flat in flats), default=_MANY)
    if low > high:
        return Impossible(f"{node.label} wants at least {low} and at most {high} characters")
    if low > _LONGEST:
        return Impossible(f"{node.label} wants at least {low} characters, more than are ever made")
    patterns = [flat["pattern"] for flat in flats if "pattern" in flat]
    formats = [str(flat["format"]) for flat in flats if "format" in flat]
    first = _by_format(node, formats) or _by_name(node)
    if not patterns and not formats:
        return Scalar(_fit_length(first, low, high))
    test = checker({"type": "string"}, *flats)
    if not patterns and low == 0 and high > 400 and all(test(first(k, k)) for k in _PROBES):
        return Scalar(_fit_length(first, low, high))
    tries = [first]
    if patterns:
        tries += [_figure] if test("12.50") and test("7.05") and not test("ab") else []
        tries += _by_patterns(patterns, low, high)
    if formats:
        tries.append(_fit(first, low, high))
    return _test_each(node, tries, test)


def _by_format(node: Node, formats: list[str]) -> Text | None:
    for name in formats:
        made = of_format(node.name, name)
        if made is not None:
            return made
    return None


def _by_name(node: Node) -> Text:
    name = node.name
    parts = tokens(name)
    alike = like_examples(name, node.parts.flats)
    if alike is not None:
        return alike
    if is_moment(name) and topic(name)[0] in ("", "time.any"):
        when = moment(name)
        if "date" in parts and "time" not in parts:
            return lambda key, owner: when(key, owner).strftime("%Y-%m-%d")
        return lambda key, owner: when(key, owner).strftime("%Y-%m-%dT%H:%M:%SZ")
    if stage(name) < 0 or parts[-1:] == ("day",):
        when = moment(name)
        return lambda key, owner: when(key, owner).strftime("%Y-%m-%d")
    listed = options(node.parts.flats)
    if listed:
        return lambda key, owner: listed[key % len(listed)]
    code = country_code(name, node.parts.flats)
    if code is not None:
        return code
    about, text = wording.text_for(name, node.context)
    if about == "code.id":
        return _identifier(node)
    if about == "":
        return as_described(name, node.parts.flats) or text
    return text


def _identifier(node: Node) -> Text:
    """Ids shaped like the document's example, else with a mark of the kind of entity."""
    shown = [each for each in examples(node.parts.flats) if isinstance(each, str) and each]
    if shown and len(shown[0]) <= 200 and " " not in shown[0]:
        return shaped_like(shown[0])
    role = topic(node.name)[1]
    mark = prefix(role or node.context)
    return lambda key, owner: mark + wording.letters(key, 14)


def _fit_length(text: Text, low: int, high: int) -> Make:
    """Free text, brought to its length: valid by construction."""
    if low == 0 and high >= 400:
        return lambda key, owner, run: text(key, owner)
    fit = _fit(text, low, high)
    return lambda key, owner, run: fit(key, owner)


def _fit(text: Text, low: int, high: int) -> Text:
    def make(key: int, owner: int) -> str:
        made = text(key, owner)
        if len(made) > high:
            shorter = text(mix(key), owner)
            made = shorter if low <= len(shorter) <= high else made[:high].rstrip()
        while len(made) < low:
            missing = low - len(made)
            made += (
                wording.letters(key, min(missing, 4000))
                if missing < 12
                else (" " + wording.sentence(mix(key + len(made))))
            )
        if len(made) > high:
            made = made[:high]
        return made

    return make


def _figure(key: int, owner: int) -> str:
    """A figure with cents, as people write amounts."""
    return f"{key % 900 + 10}.{key // 900 % 100:02}"


def _by_patterns(patterns: list[str], low: int, high: int) -> list[Text]:
    made: list[Text] = []
    for pattern in patterns:
        try:
            grow = grower(pattern)
        except NoPattern:
            continue
        made.append(_grow(grow, low, high, closed=pattern.endswith("$")))
    return made


def _grow(grow: Callable[[int, int], str], low: int, high: int, *, closed: bool) -> Text:
    def make(key: int, owner: int) -> str:
        text = grow(key, max(8, low) if low else 8)
        for attempt, reach in enumerate((*_REACHES, low, low + 8, high)):
            if low <= len(text) <= high:
                return text
            text = grow(mix(key + attempt), min(reach, 4000))
            if len(text) < low and not closed:
                text += wording.letters(key, low - len(text))
        return text

    return make


def _test_each(node: Node, tries: list[Text], test: Callable[[Any], bool]) -> Plan:
    """The first way whose probes fit, each result tested, the others as a second chance."""
    scores = [sum(test(way(probe, probe)) for probe in _PROBES) for way in tries]
    order = sorted(range(len(tries)), key=lambda at: -scores[at])
    # A topic's text that mostly fits beats letters grown from a pattern that always do.
    if scores[0] >= 4:
        order = [0, *(at for at in order if at != 0)]
    ways = [tries[at] for at in order]
    label = node.name or node.label
    reason = _format_of(node)

    def make(key: int, owner: int, run: Run) -> str:
        for attempt in range(30):
            each = key if attempt == 0 else mix(key + attempt)
            for way in ways:
                text = way(each, owner)
                if test(text):
                    return text
        raise NoInstance("", f"no string found for {label} with {reason}")

    return Scalar(make)


def _format_of(node: Node) -> str:
    keys = ("pattern", "format", "minLength", "maxLength")
    held: list[str] = []
    for flat in node.parts.flats:
        held += [f"{key} {flat[key]!r}" for key in keys if key in flat]
    return ", ".join(held)
