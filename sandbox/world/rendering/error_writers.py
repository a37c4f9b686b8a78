"""Writers: an error form compiled to functions that say one failure in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sandbox.conventions.error_forms import vocabulary
from sandbox.conventions.error_nodes import Group, Keyed, Leaf, Node, Rows
from sandbox.conventions.words import words
from sandbox.document.problems import phrase, place_of, sentence
from sandbox.messages import ABSENT, Problem

Writer = Callable[["Failure"], Any]
"""The value that says a failure in one place of the form; ABSENT where there is nothing to say."""
Make = Callable[[Any], Any]
"""A schema → some valid value, the same each time."""
_MOST_CODES: Final = 512


@dataclass(slots=True)
class Failure:
    """What went wrong, as a whole or as one violation of it."""

    status: int
    text: str
    code: str
    """A short machine word for it, such as not_found."""
    words: tuple[str, ...] = ()
    """Words that a code from an enum may have, the most telling first."""
    field: str = ""
    pointer: str = ""
    location: str = ""
    expected: Any = None
    retry: Any = None
    """Seconds until another try is worthwhile."""
    request: str = ""
    violations: Sequence[Failure] = ()

    @property
    def parts(self) -> Sequence[Failure]:
        """The violations, or the failure itself where it has none."""
        return self.violations or (self,)


def violation(problem: Problem, status: int, helpfulness: int) -> Failure:
    """One violation of a request."""
    fitting = _phrases("rules", problem.keyword) or _phrases("rules", "")
    field = place_of(problem)
    if problem.location != "body":
        field = problem.name or problem.pointer.removeprefix("/")
    return Failure(
        status,
        sentence(problem, helpfulness),
        fitting[0],
        fitting,
        field if problem.pointer or problem.name else "",
        problem.pointer,
        problem.location,
        problem.expected if helpfulness >= 3 else None,
    )


def code_words(status: int) -> tuple[str, ...]:
    """The words that fit a status; its own code comes first."""
    known = _phrases("codes", status)
    return known or ("_".join(words(phrase(status))),)


@lru_cache(maxsize=256)
def _phrases(part: str, key: Any) -> tuple[str, ...]:
    return tuple(vocabulary()[part].get(key) or vocabulary()[part].get(str(key)) or ())


def writer(node: Node, make: Make, accepts: Callable[[Any], Callable[[Any], bool]]) -> Writer:
    """The writer of a form's node; `accepts` gives the test of a schema."""
    if isinstance(node, Group):
        return _group(node, make, accepts)
    if isinstance(node, Rows):
        return _rows(node, make, accepts)
    if isinstance(node, Keyed):
        return _keyed_writer(node, make, accepts)
    return _leaf(node, make, accepts)


def _group(node: Group, make: Make, accepts: Any) -> Writer:
    own_text = any(isinstance(m.node, Leaf) and m.node.text for m in node.members)
    roles = {member.node.role for member in node.members if isinstance(member.node, Leaf)}
    both = {"pointer", "field"} <= roles
    members: list[tuple[str, Writer, Callable[[Failure], bool] | None, Writer | None]] = []
    for member in node.members:
        inner, when = member.node, None
        if not member.required:
            if own_text and isinstance(inner, Rows | Keyed):
                when = _has_violations
            elif both and isinstance(inner, Leaf) and inner.role in ("pointer", "field"):
                when = _in_body if inner.role == "pointer" else _beside_body
        otherwise = _otherwise(inner, make, accepts) if member.required else None
        members.append((member.name, writer(inner, make, accepts), when, otherwise))

    def write(failure: Failure) -> Any:
        made: dict[str, Any] = {}
        for name, inner, when, otherwise in members:
            if when is not None and not when(failure):
                continue
            value = inner(failure)
            if value is ABSENT:
                if otherwise is None:
                    continue
                value = otherwise(failure)
            made[name] = value
        return made or ABSENT

    return write


def _has_violations(failure: Failure) -> bool:
    return bool(failure.violations)


def _in_body(failure: Failure) -> bool:
    return failure.location == "body"


def _beside_body(failure: Failure) -> bool:
    return failure.location != "body"


def _otherwise(node: Node, make: Make, accepts: Any) -> Writer:
    """What a required member holds where nothing fits: the least wrong choice, or nothing at all.

    A value is made only where neither null nor an empty text is valid.
    """
    if isinstance(node, Rows):
        return lambda _: []
    if not isinstance(node, Leaf):
        return lambda _: {}
    if node.choices:
        choices = node.choices
        return lambda failure: _fitting(choices, failure, broadly=True)
    fits, known = accepts(node.schema), list[Any]()

    def write(_: Failure) -> Any:
        if not known:
            known.append(next((each for each in (None, "") if fits(each)), ABSENT))
            if known[0] is ABSENT:
                known[0] = make(node.schema)
        return known[0]

    return write


def _rows(node: Rows, make: Make, accepts: Any) -> Writer:
    inner = writer(node.item, make, accepts)
    most = node.most if node.most is not None else 100
    deeper = isinstance(node.item, Group) and not any(
        isinstance(m.node, Leaf) and (m.node.text or m.node.place) for m in node.item.members
    )
    nested = deeper and any(isinstance(m.node, Rows | Keyed) for m in node.item.members)  # type: ignore[union-attr]

    def write(failure: Failure) -> Any:
        parts = (failure,) if nested else failure.parts
        made = [value for part in parts[:most] if (value := inner(part)) is not ABSENT]
        return made or ABSENT

    return write


def _keyed_writer(node: Keyed, make: Make, accepts: Any) -> Writer:
    inner = writer(node.value, make, accepts)
    many = isinstance(node.value, Rows)

    def write(failure: Failure) -> Any:
        fields: dict[str, list[Failure]] = {}
        for part in failure.parts:
            fields.setdefault(part.field or "base", []).append(part)
        made: dict[str, Any] = {}
        for name, parts in fields.items():
            first = parts[0]
            whole = first
            if len(parts) > 1:
                text = "; ".join(part.text for part in parts)
                whole = Failure(first.status, text, first.code, first.words, name)
                whole.violations = parts if many else ()
            value = inner(whole)
            if value is not ABSENT:
                made[name] = value
        return made or ABSENT

    return write


def _leaf(node: Leaf, make: Make, accepts: Any) -> Writer:
    role, number = node.role, node.kind in ("integer", "number")
    if node.choices or (role == "code" and node.checked) or role == "choice":
        return _code(node, accepts(node.schema))
    say = _SAYERS.get(role)
    if role == "status":
        say = _status_number if number else _status_text
    if say is None:
        return lambda _: ABSENT
    if not node.checked and role not in ("path", "expected", "retry"):
        return say
    fits = accepts(node.schema)

    def write(failure: Failure) -> Any:
        value = say(failure)
        if value is ABSENT or fits(value):
            return value
        return next((other for other in _others(node, failure, value) if fits(other)), ABSENT)

    return write


def _others(node: Leaf, failure: Failure, value: Any) -> Sequence[Any]:
    """What may be said where a constraint refuses the first."""
    if node.role == "path":
        return ([str(step) for step in value], ".".join(map(str, value)))
    if node.role in ("expected", "retry"):
        listed = value if isinstance(value, list) else [value]
        return (listed, ", ".join(map(str, listed)))
    if isinstance(value, int):
        return (value * 10, value * 100, value * 1000)
    if isinstance(value, str) and node.role in ("text", "title", "plain"):
        cuts = [value[:size].rstrip() for size in (2000, 1000, 500, 255, 200, 128, 100, 64, 50, 32)]
        return (*cuts, phrase(failure.status), failure.code)
    return _spellings(failure.code)


def _spellings(code: str) -> tuple[str, ...]:
    parts = code.split("_")
    camel = "".join(part.title() for part in parts)
    upper = code.upper()
    return (
        code,
        upper,
        "-".join(parts),
        upper.replace("_", "-"),
        camel,
        camel[:1].lower() + camel[1:],
    )


def _code(node: Leaf, fits: Callable[[Any], bool]) -> Writer:
    """The choice whose words fit a failure best, looked for once per failure's kind."""
    known: dict[tuple[Any, ...], Any] = {}

    def write(failure: Failure) -> Any:
        key = (failure.status, failure.code, failure.field)
        if key not in known:
            if len(known) >= _MOST_CODES:
                known.clear()
            if node.choices:
                known[key] = _fitting(node.choices, failure)
            else:
                spelled = (*_spellings(failure.code), str(failure.status))
                known[key] = next((code for code in spelled if fits(code)), ABSENT)
        return known[key]

    return write


def _fitting(choices: Sequence[Any], failure: Failure, broadly: bool = False) -> Any:
    """The choice that fits; `broadly`: of the status's class, or the first, where none does."""
    for exact in (failure.status, str(failure.status)):
        if exact in choices and not isinstance(choices[choices.index(exact)], bool):
            return exact
    # Of `not_allowed` the "not" alone says nothing: `not_found` is something else.
    wanted = [p for word in failure.words for p in words(word) if p != "not" or word == "not"]
    if broadly:
        wanted += _phrases("classes", failure.status // 100)
    weight = {word: len(wanted) - at for at, word in reversed([*enumerate(wanted)])}
    about = set(words(failure.field))
    vague = set(vocabulary()["vague"])
    best, most = ABSENT, 0.0
    for choice in choices:
        found = words(str(choice))
        hits = float(sum(weight.get(word, 0) for word in found))
        hits += 0.5 * bool(vague.intersection(found))
        score = hits + (2 * len(about.intersection(found)) - 0.1 * len(found) if hits else 0)
        if score > most:
            best, most = choice, score
    location = failure.location
    if location in choices and (best is ABSENT or most < 1):
        return location
    return choices[0] if best is ABSENT and broadly else best


def _status_number(failure: Failure) -> Any:
    return failure.status


def _status_text(failure: Failure) -> Any:
    return str(failure.status)


def _path(failure: Failure) -> Any:
    """FastAPI's way: the location, then each step."""
    steps = [step for step in failure.pointer.split("/") if step]
    found: list[Any] = [failure.location or "request"]
    if failure.location == "body" or not failure.field:
        return [*found, *(int(step) if step.isdigit() else step for step in steps)]
    return [*found, failure.field]


def _pointer(failure: Failure) -> Any:
    return failure.pointer or (f"/{failure.field}" if failure.field else ABSENT)


_SAYERS: Final[Mapping[str, Writer]] = {
    "text": lambda failure: failure.text,
    "title": lambda failure: phrase(failure.status),
    "plain": lambda failure: phrase(failure.status),
    "code": lambda failure: failure.code,
    "type": lambda failure: "about:blank",
    "field": lambda failure: failure.field or ABSENT,
    "pointer": _pointer,
    "path": _path,
    "location": lambda failure: failure.location or ABSENT,
    "expected": lambda failure: ABSENT if failure.expected is None else failure.expected,
    "retry": lambda failure: ABSENT if failure.retry is None else failure.retry,
    "request": lambda failure: failure.request or ABSENT,
    "failed": lambda failure: False,
    "failing": lambda failure: True,
}
"""Role → what it says."""
