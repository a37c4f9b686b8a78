"""A draft: a task in the making, acted out in a fork while it is written.

Every reference call is made at once, so a solution that does not work never comes to exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.conventions.paths import id_text
from sandbox.conventions.vocabulary import stem
from sandbox.conventions.words import words
from sandbox.draws import Draw
from sandbox.tasks import phrases
from sandbox.tasks.answers import states
from sandbox.tasks.judge import at_pointer
from sandbox.tasks.list_reading import largest_page
from sandbox.tasks.models import SolutionStep
from sandbox.tasks.references import Unresolved, parsed, resolve
from sandbox.tasks.tool_graph import Ability
from sandbox.world.readbacks import recognisable

if TYPE_CHECKING:
    from sandbox.document.operations import Parameter
    from sandbox.messages import Observation
    from sandbox.tasks.subjects import Scene
    from sandbox.world.ledger import Effect
    from sandbox.world.session import Session

T = TypeVar("T")

LONGEST = 72
_ONE_PAGE = 20
_BROADEST = 14
_CODES = frozenset(
    (
        "id ids number code version key at timestamp type kind layout flags mode status state "
        "category class format order position index year created updated modified"
    ).split()
)
"""Last words of figures that nobody would compare or add up."""
_TRANSPORT = frozenset({"version", "accept", "content", "agent", "encoding", "language"})
"""Words of headers that are about the exchange: API versions, media types, user agents."""
_SAID = frozenset({"/ok", "/success", "/object"})
"""Fields of which nobody would ask."""


class Rejected(Exception):
    """This draft comes to nothing; the reason is counted, not raised to anybody."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Draft:
    """A task in the making: a fork of the scene, and the calls made in it so far."""

    scene: Scene
    session: Session = field(init=False)
    steps: list[SolutionStep] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    needs: dict[str, Any] = field(default_factory=dict)
    """Required headers that the calls so far were given; the instruction has to state them."""
    unstated: set[str] = field(default_factory=set)
    """Parameters that a client fills in by itself: versions, formats, idempotency keys."""

    def __post_init__(self) -> None:
        self.session = self.scene.session.fork()

    def call(self, ability: Ability, arguments: Mapping[str, Any], thought: str) -> Any:
        """Make one reference call; its parsed reply. Raises Rejected unless it succeeds."""
        step = SolutionStep.model_construct(
            tool=ability.name, arguments=self._headed(ability, arguments), thought=thought
        )
        try:
            resolved = resolve(step.arguments, self.results)
        except Unresolved:
            raise Rejected("a result lacks what the next call needs") from None
        seen = self.session.call(ability.name, resolved)
        if seen.error:
            raise Rejected(f"a reference call failed with {seen.status}")
        result = parsed(seen.text, seen.status)
        if isinstance(result, Mapping) and (result.get("error") or result.get("errors")):
            raise Rejected("the reply says that it failed")
        self._must_be_about(ability, result)
        self.steps.append(step)
        self.results.append(result)
        if ability.name not in self.tools:
            self.tools.append(ability.name)
        return result

    def _must_be_about(self, ability: Ability, result: Any) -> None:
        """Reject a create whose reply names another id than that of the new entity."""
        effects = self.session.ledger[-1].effects
        home = ability.meaning.collection
        if home is None or not effects or effects[0].kind != "create":
            return
        inner = at_pointer(result, ability.list_pointer, result)
        own = f"/{home.id_path[-1]}" if home.id_path else "/id"
        told = [v for at, v in phrases.leaves(inner) if home.id_path and at.endswith(own)]
        told.append(at_pointer(inner, "/id", None))
        shown = [value for value in told if value is not None]
        if shown and not {id_text(v) for v in shown} & {effect.id for effect in effects}:
            raise Rejected("the reply is about something else")
        if not self._found_again(ability, effects[0]):
            raise Rejected("what was made is not to be found again")

    def _found_again(self, ability: Ability, effect: Effect) -> bool:
        """Whether the list, where there is one, shows what was made."""
        row = self.session.ledger[-1]
        if not recognisable(self.session, ability.operation, row):
            return False
        lister = next(self.scene.graph.at(ability.collection, "list"), None)
        if lister is None:
            return True
        whole = largest_page(lister.tool)
        if len(self.session.state.ids(effect.collection)) > max(_ONE_PAGE, *whole.values(), 0):
            return True
        path = dict(row.arguments.path) if row.arguments is not None else {}
        seen = self.session.fork().call(lister.name, {**in_arguments(lister, path), **whole})
        if seen.error or effect.id in seen.text:
            return True
        entries = [each for each in self._entries_of(lister, seen) if isinstance(each, Mapping)]
        if len(entries) < len(self.session.state.ids(effect.collection)):
            return False
        there = {name for each in entries for name in each}
        body = row.arguments.body if row.arguments is not None else None
        sent = body.get(ability.meaning.body_key, body) if isinstance(body, Mapping) else {}
        told = {n: v for n, v in sent.items() if n in there and not isinstance(v, dict | list)}
        fits = (all(each.get(n) == v for n, v in told.items()) for each in entries)
        return bool(told) and any(fits)

    def _entries_of(self, lister: Ability, seen: Observation) -> list[Any]:
        found = at_pointer(parsed(seen.text, seen.status), lister.list_pointer, None)
        return found if isinstance(found, list) else []

    def _headed(self, ability: Ability, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with the headers that the call cannot do without."""
        made = dict(arguments)
        for parameter in ability.operation.parameters:
            argument = ability.argument(parameter.location, parameter.name)
            if not parameter.required or parameter.location != "header" or argument is None:
                continue
            if argument not in made:
                draw = Draw("header", self.scene.seed)
                made[argument] = self.scene.invented(parameter, draw)
                if self._filled_in(ability, parameter):
                    self.unstated.add(parameter.name)
                else:
                    self.needs[parameter.name] = made[argument]
        return made

    def _filled_in(self, ability: Ability, parameter: Parameter) -> bool:
        """Whether a client fills a header in by itself, so that nobody would ask for its value."""
        key = self.scene.world.conventions.of(ability.operation).idempotency
        if key is not None and key.name == parameter.name:
            return True
        schema = self.scene.world.document.schemas.resolve(parameter.schema)
        fixed = isinstance(schema, dict) and (
            "const" in schema or "default" in schema or len(schema.get("enum", "..")) == 1
        )
        return fixed or not _TRANSPORT.isdisjoint(words(parameter.name))

    def must_change(self) -> None:
        """Reject a draft whose last call changed nothing."""
        if not self.session.ledger[-1].effects:
            raise Rejected("the call has no effect")

    def entries(self, ability: Ability, step: int = -1) -> list[Any]:
        """The entries of a list reply. Raises Rejected when there is no list."""
        found = at_pointer(self.results[step], ability.list_pointer, None)
        if not isinstance(found, list):
            raise Rejected("the list is not where it was thought to be")
        return found


@dataclass(frozen=True, slots=True)
class Made:
    """What a recipe hands over: a draft that was acted out, and the words around it."""

    kind: str
    draft: Draft
    instruction: str
    template: str
    answer: str
    closing: str
    required: tuple[Any, ...] = ()
    forbidden: tuple[Any, ...] = ()
    solvable: bool = True
    hidden: frozenset[str] = frozenset()
    """Tools that must not be offered: with them the task could be done after all."""
    about: str = ""
    """A tool whose neighbours are offered, when the solution calls none."""


def in_arguments(
    ability: Ability,
    path: Mapping[str, Any],
    *,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Values of the document as arguments of the tool. Raises Rejected for what it cannot say."""
    made: dict[str, Any] = {}
    for location, values in (("path", path), ("query", query or {})):
        for name, value in values.items():
            place = location
            if location == "query" and ability.argument("query", name) is None:
                place = "header"
            argument = ability.argument(place, name)
            if argument is None:
                raise Rejected("the tool lacks an argument for the value")
            made[argument] = value
    if body is not None:
        made.update(_body_arguments(ability, body))
    return made


def _body_arguments(ability: Ability, body: Mapping[str, Any]) -> dict[str, Any]:
    key = ability.meaning.body_key
    whole = ability.argument("body", "")
    wrapped: Mapping[str, Any] = {key: dict(body)} if key is not None else body
    if whole is not None:
        return {whole: dict(wrapped)}
    made = {}
    for name, value in wrapped.items():
        argument = ability.argument("body", name)
        if argument is None:
            raise Rejected("the tool lacks an argument for the value")
        made[argument] = value
    return made


def speakable(value: Any) -> bool:
    """Whether a value can stand in a sentence: short, one line, not too many parts."""
    found = phrases.leaves(value)
    if _hollow(value):
        return False
    return 0 < len(found) <= _BROADEST and all(_short(leaf) for _, leaf in found)


def _hollow(value: Any) -> bool:
    """Whether there is an empty object or list inside, of which nothing could be said."""
    if isinstance(value, Mapping):
        return not value or any(map(_hollow, value.values()))
    return isinstance(value, list) and (not value or any(map(_hollow, value)))


def _short(leaf: Any) -> bool:
    if isinstance(leaf, str):
        return len(leaf) <= LONGEST and bool(leaf.strip()) and leaf == " ".join(leaf.split())
    return leaf is not None and not isinstance(leaf, bytes)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something of an entity that one could ask for."""

    pointer: str
    label: str
    value: Any

    @property
    def measures(self) -> bool:
        """Whether it is a figure that can be added up or compared, and no id or code."""
        figure = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        last = words(self.pointer.rsplit("/", 1)[-1])[-1:]
        return figure and not _CODES.intersection(last)


def facts(entity: Any, *, but: Sequence[str] = ()) -> list[Fact]:
    """The short scalar fields of an entity, one level of nesting included."""
    if not isinstance(entity, Mapping):
        return []
    found: dict[str, Fact] = {}
    for at, value in phrases.leaves(entity):
        parts = at.split("/")[1:]
        if len(parts) > 2 or any(part.isdigit() for part in parts) or at in but or at in _SAID:
            continue
        said = phrases.label(at)
        if _short(value) and said and stem(parts[-1]) and len(said) <= 40:
            found.setdefault(said, Fact(at, said, value))
    return list(found.values())


def first(found: Iterable[T], reason: str) -> T:
    """The first of something, or a rejection for the reason given."""
    for each in found:
        return each
    raise Rejected(reason)


def must_state(instruction: str, values: Any) -> None:
    """Reject an instruction that leaves out a value that the solution needs."""
    for _, leaf in phrases.leaves(values):
        if isinstance(leaf, bool) or leaf is None:
            continue
        if not states(instruction, leaf):
            raise Rejected("a needed value is not in the instruction")
