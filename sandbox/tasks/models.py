"""Tasks as data: an instruction, a goal that a program can check, and a reference solution.

The same form serves generated and hand-written tasks. A tasks file is YAML 1.2:

    tasks:
      - id: close-4711
        instruction: Close ticket 4711.
        goal:
          state:
            - {collection: /tickets, id: "4711", pointer: /status, operator: equals, value: closed}
        solution:
          - {tool: close_ticket, arguments: {ticket_id: 4711}}

Entities are named as the world's state names them: a collection path with ids filled in, and the
id as text. The id `*` (or `*2`, `*3`) stands for an entity that did not exist at the start: all
assertions with the same star speak of one and the same entity, and a collection may go through it
(`/orders/*/payments`). A call that no entity shows is asserted like one that is new: its collection
is its path, its fields are `operation`, `path`, `query` and `body`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sandbox.errors import PlanError

Operator = Literal[
    "equals", "not_equals", "exists", "absent", "contains", "greater", "less", "count"
]
Kind = Literal[
    "read",
    "filter",
    "create",
    "update",
    "delete",
    "act",
    "chain",
    "aggregate",
    "conditional",
    "missing",
    "impossible",
    "irrelevant",
    "written",
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Given(_Strict):
    """An entity that exists when the session starts; fields left out are the seed's."""

    collection: str = Field(pattern="^/")
    id: str
    values: dict[str, Any] = Field(default_factory=dict)


class Assertion(_Strict):
    """One statement about the final state."""

    collection: str = Field(pattern="^/", description="Collection path with ids filled in.")
    id: str = Field(description='Id as text; "*" is a new entity, "" the collection itself.')
    pointer: str = Field(default="", description='JSON pointer in the entity; "" is all of it.')
    operator: Operator = "equals"
    value: Any = None

    @model_validator(mode="after")
    def _pointer_is_rooted(self) -> Assertion:
        if self.pointer and not self.pointer.startswith("/"):
            raise ValueError(f"pointer {self.pointer!r} must be empty or start with '/'")
        return self


class SentValue(_Strict):
    """A value in a call that changed an entity, for what no state keeps (a reason, a note)."""

    collection: str = Field(pattern="^/")
    id: str = Field(description='Id of an entity that the call changed; "*" is a new one.')
    location: Literal["path", "query", "header", "cookie", "body"] = "body"
    pointer: str = Field(default="", description="JSON pointer in the arguments of that location.")
    value: Any = None


class AnswerGoal(_Strict):
    """Values that the final answer must, and must not, hold; compared after normalising."""

    required: list[Any] = Field(default_factory=list)
    forbidden: list[Any] = Field(default_factory=list)


class Goal(_Strict):
    """What must be true in the end."""

    state: list[Assertion] = Field(default_factory=list)
    sent: list[SentValue] = Field(default_factory=list)
    answer: AnswerGoal = Field(default_factory=AnswerGoal)


class EffectPattern(_Strict):
    """Effects that are nobody's damage. An empty field fits everything."""

    kind: Literal["create", "update", "delete", "call", ""] = ""
    collection: str = ""
    id: str = ""
    pointers: list[str] = Field(
        default_factory=list, description="Of an update: what may change; empty is everything."
    )


class SolutionStep(_Strict):
    """One reference call. An argument may be `{"$result": step, "pointer": "/id"}`."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    thought: str = ""


class Task(_Strict):
    """One thing to be done."""

    id: str = Field(min_length=1)
    instruction: str = Field(min_length=1)
    kind: Kind = "written"
    document: str = ""
    seed: int = Field(default=0, description="Seed of the initial population the task speaks of.")
    given: list[Given] = Field(default_factory=list)
    goal: Goal = Field(default_factory=Goal)
    allow: list[EffectPattern] = Field(default_factory=list)
    solution: list[SolutionStep] | None = None
    solvable: bool = True
    tools: list[str] = Field(default_factory=list, description="Tools offered; empty is all.")
    reference_answer: str = ""
    closing_thought: str = Field(default="", description="What the planner thinks at the end.")
    template: str = Field(
        default="", description="Phrase family, so that families can be held out."
    )

    @model_validator(mode="after")
    def _results_come_first(self) -> Task:
        for index, step in enumerate(self.solution or ()):
            for reference in references(step.arguments):
                if not 0 <= reference < index:
                    raise ValueError(
                        f"solution step {index} uses the result of step {reference}; "
                        f"valid are steps before {index}"
                    )
        return self


class TaskFile(_Strict):
    """A list of tasks, with the document that they are about."""

    document: str = ""
    tasks: list[Task]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> TaskFile:
        seen: set[str] = set()
        for task in self.tasks:
            if task.id in seen:
                raise ValueError(f"two tasks are called {task.id!r}")
            seen.add(task.id)
        return self

    @classmethod
    def load(cls, path: str | Path) -> TaskFile:
        """Read a tasks file. Raises PlanError naming the place and what would be valid."""
        place = Path(path)
        try:
            text = place.read_text("utf-8")
        except OSError as error:
            raise PlanError(str(place), f"cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise PlanError(str(place), "is not UTF-8 text") from None
        return cls.parse(text, place=str(place))

    @classmethod
    def parse(cls, text: str, *, place: str = "tasks") -> TaskFile:
        """Read the text of a tasks file: YAML 1.2, of which JSON is a part."""
        import yaml12

        try:
            loaded = yaml12.parse_yaml(text)
        except ValueError as error:
            raise PlanError(place, f"is not YAML: {error}") from None
        if isinstance(loaded, list):
            loaded = {"tasks": loaded}
        try:
            return cls.model_validate(loaded)
        except ValidationError as error:
            raise PlanError(place, "; ".join(_complaints(error))) from None

    def text(self) -> str:
        """The file as YAML text, in which defaults are left out."""
        import yaml12

        plain = self.model_dump(mode="json", exclude_defaults=True)
        return f"{yaml12.format_yaml(plain, width=None)}\n"

    def dump(self, path: str | Path) -> None:
        """Write the file as YAML."""
        Path(path).write_text(self.text(), "utf-8")


def is_reference(value: Any) -> bool:
    """Whether an argument stands for a value in an earlier result."""
    return isinstance(value, dict) and "$result" in value


def references(value: Any) -> Iterator[int]:
    """The steps whose results a value needs."""
    if isinstance(value, dict):
        if "$result" in value:
            yield value["$result"] if isinstance(value["$result"], int) else -1
            return
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def _complaints(error: ValidationError) -> list[str]:
    """One clause per fault of the file; the first five."""
    shown = []
    for fault in error.errors()[:5]:
        where = "/".join(str(part) for part in fault["loc"])
        reason = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            reason = f"unknown word; valid here are {', '.join(_fields(fault['loc']))}"
        shown.append(f"{where}: {reason}" if where else reason)
    return shown


def _fields(place: tuple[int | str, ...]) -> list[str]:
    """The words that are valid at a place of the file."""
    model: type[BaseModel] = TaskFile
    for part in place[:-1]:
        if isinstance(part, str):
            model = _NESTED.get(part, model)
    return sorted(model.model_fields)


_NESTED: dict[str, type[BaseModel]] = {
    "tasks": Task,
    "given": Given,
    "goal": Goal,
    "state": Assertion,
    "sent": SentValue,
    "answer": AnswerGoal,
    "allow": EffectPattern,
    "solution": SolutionStep,
}
