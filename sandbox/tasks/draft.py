"""A draft: a task in the making, acted out in a fork while it is written.

Every reference call is made at once, so a solution that does not work never comes to exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.conventions.paths import id_text
from sandbox.tasks import value_phrases
from sandbox.tasks.assertions import at_pointer
from sandbox.tasks.list_reading import largest_page
from sandbox.tasks.models import SolutionStep
from sandbox.tasks.references import Unresolved, json_of_observation, resolve
from sandbox.tasks.sayable import Rejected
from sandbox.tasks.subjects import Scene, in_arguments
from sandbox.tasks.tool_graph import Ability
from sandbox.world.readbacks import is_recognisable

if TYPE_CHECKING:
    from sandbox.messages import Observation
    from sandbox.world.ledger import Effect
    from sandbox.world.session import Session

_ONE_PAGE = 20


@dataclass(slots=True)
class Draft:
    """A task in the making: a fork of the scene, and the calls made in it so far."""

    scene: Scene
    session: Session = field(init=False)
    steps: list[SolutionStep] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    unstated: set[str] = field(default_factory=set)
    """Parameters that a client fills in by itself: versions, formats, idempotency keys."""

    def __post_init__(self) -> None:
        self.session = self.scene.session.fork()

    def call(self, ability: Ability, arguments: Mapping[str, Any], thought: str) -> Any:
        """Make one reference call; its parsed reply. Raises Rejected unless it succeeds."""
        filled = self.scene.filled_in(ability)
        self.unstated |= {name for name, _ in filled.values()}
        step = SolutionStep.model_construct(
            tool=ability.name,
            arguments={name: value for name, (_, value) in filled.items()} | dict(arguments),
            thought=thought,
        )
        try:
            resolved = resolve(step.arguments, self.results)
        except Unresolved:
            raise Rejected("a result lacks what the next call needs") from None
        seen = self.session.call(ability.name, resolved)
        if seen.error:
            raise Rejected(f"a reference call failed with {seen.status}")
        result = json_of_observation(seen.text, seen.status)
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
        if ability.meaning.act == "add":
            return  # What is added was there before.
        inner = at_pointer(result, ability.list_pointer, result)
        own = f"/{home.id_path[-1]}" if home.id_path else "/id"
        ids = [v for at, v in value_phrases.leaves(inner) if home.id_path and at.endswith(own)]
        ids.append(at_pointer(inner, "/id", None))
        shown = [value for value in ids if value is not None]
        if shown and not {id_text(v) for v in shown} & {effect.id for effect in effects}:
            raise Rejected("the reply is about something else")
        if not self._found_again(ability, effects[0]):
            raise Rejected("what was made is not to be found again")

    def _found_again(self, ability: Ability, effect: Effect) -> bool:
        """Whether the list, where there is one, shows what was made."""
        row = self.session.ledger[-1]
        if not is_recognisable(self.session, ability.operation, row):
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
        plain = {n: v for n, v in sent.items() if n in there and not isinstance(v, dict | list)}
        fits = (all(each.get(n) == v for n, v in plain.items()) for each in entries)
        return bool(plain) and any(fits)

    def _entries_of(self, lister: Ability, seen: Observation) -> list[Any]:
        found = at_pointer(json_of_observation(seen.text, seen.status), lister.list_pointer, None)
        return found if isinstance(found, list) else []

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

    def visible_facts(self) -> set[str]:
        """Every value of the replies so far: no further call is needed to learn one of them."""
        return {str(leaf) for result in self.results for _, leaf in value_phrases.leaves(result)}


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
