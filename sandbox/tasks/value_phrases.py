"""Values as people write them into a request: with their names, their units, and as wishes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sandbox.tasks import phrases

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_CALLED: Final = ("name", "title")
"""Fields after which a thing is called."""


def value_text(value: Any) -> str:
    """A value as a person would write it; texts with blanks are quoted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.10g}" if abs(value) < 1e10 and round(value, 9) == value else repr(value)
    if isinstance(value, str):
        plain = value and not any(mark in value for mark in " '\",;:") and value[-1] not in ".!?"
        plain = plain or _INSTANT.fullmatch(value) is not None
        return value if plain else f'"{value}"'
    return str(value)


def join_with_and(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def leaves(value: Any, at: str = "") -> list[tuple[str, Any]]:
    """(pointer, scalar) of everything in a JSON value, in order."""
    if isinstance(value, Mapping):
        return [leaf for name, item in value.items() for leaf in leaves(item, f"{at}/{name}")]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value) for leaf in leaves(item, f"{at}/{index}")]
    return [(at, value)]


def values_with_names(values: Mapping[str, Any], between: str = " ") -> str:
    """Values with their names: `the title "Dune", the author au_77c1d0 and the depth of 9 metres`.

    What lies deeper is said by its whole name: `the address city Cork`.
    """
    return join_with_and([_with_name(*pair, between) for pair in _labelled_values(values)])


def _with_name(name: str, value: Any, between: str) -> str:
    measure, _, unit = name.partition(" in ")
    if isinstance(value, bool) and between == " ":
        article = "" if phrases.is_adjective(name) else "the "
        return f"{article}{name} set to {value_text(value)}"
    if isinstance(value, bool) and phrases.is_adjective(name):
        name = f"{name} flag"
    if unit:
        return f"the {measure}{' of ' if between == ' ' else between}{value_text(value)} {unit}"
    return f"the {name}{between}{_plain(value)}"


def changes(values: Mapping[str, Any]) -> str:
    """What becomes what: `the price to 9.5 and the genre to crime`."""
    return values_with_names(values, " to ")


def as_clauses(values: Mapping[str, Any]) -> str:
    """What holds of the thing: `its genre is crime and its depth is 9 metres`."""
    return join_with_and([_clause(*pair) for pair in _labelled_values(values)])


def _clause(name: str, value: Any) -> str:
    if isinstance(value, bool) and phrases.is_adjective(name):
        return f"it is {'' if value else 'not '}{name}"
    return f"its {holding(name, value)}"


def holding(name: str, value: Any, verb: str = "") -> str:
    """`genre is crime`, `depth is 9 metres`, `tags are new and sale`."""
    measure, _, unit = name.partition(" in ")
    link = f"{verb or phrases.verb_for([name])}{' set to' if isinstance(value, bool) else ''}"
    return f"{measure} {link} {_plain(value)} {unit}".rstrip()


def as_wish(values: Mapping[str, Any]) -> str:
    """What is to hold: `it should have the genre crime and the depth of 9 metres and be new`."""
    flags = _flags(values)
    rest = {name: value for name, value in values.items() if name not in flags}
    spoken = list(_labelled_values(rest))
    if len(spoken) == 1 and not flags:
        return f"its {holding(*spoken[0], 'should be')}"
    having = [f"have {values_with_names(rest)}"] if rest else []
    return f"it should {join_with_and([*having, *being(flags)])}"


def being(flags: Mapping[str, bool]) -> list[str]:
    """What should hold of the thing, from fields of yes or no: "be new", "not be late"."""
    return [
        f"{'' if flag else 'not '}be {phrases.label(f'/{name}')}" for name, flag in flags.items()
    ]


def _flags(values: Mapping[str, Any]) -> dict[str, bool]:
    """The fields of yes or no that can be said of the thing itself: "it is archived"."""
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, bool) and phrases.is_adjective(phrases.label(f"/{name}"))
    }


def _labelled_values(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """(label, value) of each value in a request; a list of plain values is one."""
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        inner = enumerate(value)
    else:
        head, _, last = phrases.label(at).rpartition(" ")
        alone = isinstance(value, list) and len(value) == 1
        yield f"{head} {phrases.one_of(last) if alone else last}".strip(), value
    for name, item in inner:
        yield from _labelled_values(item, f"{at}/{name}")


def _plain(value: Any) -> str:
    return (
        join_with_and([value_text(item) for item in value])
        if isinstance(value, list)
        else value_text(value)
    )


def with_values(values: Mapping[str, Any]) -> str:
    """The values as the end of an order: ` with the reason late`; nothing where there are none."""
    return f" with {values_with_names(values)}" if values else ""


def _names(label: str, noun: str) -> bool:
    """Whether a field is what a thing is called by: the "workspace name" of a workspace."""
    head, _, last = label.rpartition(" ")
    own = head in ("friendly", "display", noun.rpartition(" ")[2]) if noun else False
    return label in _CALLED or (own and last == "name")


def description_of(values: Mapping[str, Any], noun: str = "") -> str:
    """What a thing is to be: ` called "Dune" with the price 9.5, which should be new`."""
    named = (name for name in values if _names(phrases.label(f"/{name}"), noun))
    called = next((name for name in named if isinstance(values[name], str)), None)
    flags = _flags(values)
    rest = {name: value for name, value in values.items() if name != called and name not in flags}
    text = f" called {value_text(values[called])}" if called is not None else ""
    text += with_values(rest)
    comma = "," if rest else ""
    return f"{text}{comma} which should {join_with_and(being(flags))}" if flags else text


def entity_text(noun: str, label: str, name: str) -> str:
    """`the customer "Mara Vale"`, `the customer with the email mara@vale.example`."""
    link = "called" if _names(label, noun) else f"with the {label}"
    return f"the {noun} {link} {value_text(name)}"
