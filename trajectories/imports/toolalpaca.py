"""ToolAlpaca evaluation files: OpenAPI documents, instructions, and golden calls.

A golden call may contain `${field from call}`: the value comes from an earlier result. Such a place
is parsed into a reference; what has no source (`${start date}`) stays unknown. `getDetails` asks
the user and has no operation; `[Optional]` marks a step that may be left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from trajectories import canonical
from trajectories.errors import FormatError
from trajectories.imports.imported import arguments_of, caller, field, items, planner, record
from trajectories.records import Call, Message, Source, Trajectory

ASK: Final = "getDetails"
"""The pseudo-tool that asks the user."""

# `${animeId from searchAnime}`; the closing brace is missing and a quote is left over in places.
_PLACE: Final = re.compile(r'\$\{([^},"]*)\}?"?(?=\s*[,}\]])')
_QUOTED: Final = re.compile(r"\$?\{([^{}]*)\}")
_FROM: Final = re.compile(r"(.+?)(?: name)? from (\w+)")
_OPTIONAL: Final = "[Optional]"


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in the arguments whose value is not written down."""

    pointer: str
    """JSON pointer into the arguments."""
    field: str
    """What the value is called: `animeId`, `start date`."""
    call: str | None
    """The tool whose result has it; None when the file does not say."""
    step: int | None
    """Index of the latest earlier step that calls that tool."""


@dataclass(frozen=True, slots=True)
class GoldenStep:
    """One reference call."""

    tool: str
    arguments: Mapping[str, Any] | None
    """None at the places of references; None altogether when the text cannot be read."""
    references: tuple[Reference, ...]
    raw: str
    optional: bool = False

    @property
    def asks(self) -> bool:
        """Whether the step asks the user instead of calling an operation."""
        return self.tool == ASK


@dataclass(frozen=True, slots=True)
class ToolSet:
    """One API of the file."""

    name: str
    description: str
    document: str
    """OpenAPI as JSON text."""
    functions: Mapping[str, tuple[str, str]]
    """(METHOD, path) by tool name."""
    instructions: tuple[str, ...]
    golden: tuple[tuple[GoldenStep, ...], ...]
    """Reference calls of each instruction."""


def tool_sets(path: Path) -> Iterator[ToolSet]:
    """The APIs of an evaluation file. Raises FormatError naming the item."""
    for place, item in items(path):
        document = field(item, "Documentation", str, place=place)
        projection = field(item, "Function_Projection", dict, place=place)
        golden = field(item, "Golden_Answers", list, place=place)
        instructions = field(item, "Instructions", list, place=place)
        if len(golden) != len(instructions):
            raise FormatError(
                f"{place}: {len(instructions)} instructions but {len(golden)} golden answers"
            )
        yield ToolSet(
            name=field(item, "Name", str, place=place),
            description=str(item.get("Description", "")),
            document=document,
            functions={name: (method.upper(), at) for name, (at, method) in projection.items()},
            instructions=tuple(map(str, instructions)),
            golden=tuple(tuple(golden_steps(answer, place=place)) for answer in golden),
        )


def golden_steps(answer: list[dict[str, Any]], *, place: str) -> Iterator[GoldenStep]:
    """The steps of one golden answer. Raises FormatError."""
    names: list[str] = []
    for item in answer:
        written = field(item, "Action", str, place=place)
        raw = field(item, "Action_Input", str, place=place)
        tool = written.removeprefix(_OPTIONAL).strip()
        arguments, references = _arguments(raw, names)
        names.append(tool)
        yield GoldenStep(
            tool=tool, arguments=arguments, references=references, raw=raw,
            optional=written != tool,
        )  # fmt: skip


def _arguments(raw: str, names: list[str]) -> tuple[dict[str, Any] | None, tuple[Reference, ...]]:
    value = arguments_of(raw)
    if value is None:
        # Not JSON as it stands: bare places become strings first.
        value = arguments_of(_PLACE.sub(lambda found: json.dumps(f"${{{found[1]}}}"), raw))
    if value is None:
        return None, ()
    references: list[Reference] = []
    cleared = _clear(value, "", names, references)
    return cleared, tuple(references)


def _clear(value: Any, pointer: str, names: list[str], references: list[Reference]) -> Any:
    if isinstance(value, dict):
        return {
            key: _clear(item, f"{pointer}/{_escape(key)}", names, references)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _clear(item, f"{pointer}/{index}", names, references)
            for index, item in enumerate(value)
        ]
    found = _QUOTED.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    references.append(_reference(pointer, found[1].strip(), names))
    return None


def _reference(pointer: str, text: str, names: list[str]) -> Reference:
    found = _FROM.fullmatch(text)
    if found is None:
        return Reference(pointer, text, call=None, step=None)
    earlier = [index for index, name in enumerate(names) if name == found[2]]
    return Reference(pointer, found[1], call=found[2], step=earlier[-1] if earlier else None)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def read(path: Path) -> Iterator[Trajectory]:
    """One record per instruction: the golden calls without observations, never executed.

    The task's `solution` holds the steps; the document's sha256 is that of its text.
    """
    number = 0
    for api in tool_sets(path):
        digest = canonical.digest(api.document.encode())
        for instruction, golden in zip(api.instructions, api.golden, strict=True):
            messages = [Message(role="user", content=instruction)]
            for step in golden:
                arguments = None if step.references else step.arguments
                known = None if arguments is None else dict(arguments)
                call = Call(name=step.tool, arguments=known, raw=step.raw)
                messages += [planner("", "call"), caller(call)]
            yield record(
                format="toolalpaca", path=path, item=[instruction, digest], number=number,
                messages=[*messages, planner("", "finish")],
                tools=_tools(api),
                task={"solution": [_solution(step) for step in golden]},
                document=Source(sha256=digest, source=api.name, title=api.name),
            )  # fmt: skip
            number += 1


def _solution(step: GoldenStep) -> dict[str, Any]:
    references = [
        {"pointer": item.pointer, "field": item.field, "call": item.call, "step": item.step}
        for item in step.references
    ]
    arguments = None if step.arguments is None else dict(step.arguments)
    return {
        "tool": step.tool, "arguments": arguments, "references": references, "raw": step.raw,
        "optional": step.optional,
    }  # fmt: skip


def _tools(api: ToolSet) -> list[dict[str, Any]]:
    """Names and operations only: argument schemas come from the document, read by the sandbox."""
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": f"{method} {path}",
                "parameters": {"type": "object"},
            },
        }
        for name, (method, path) in api.functions.items()
    ]
