"""What all imports share: reading JSON with good errors, and the record of an unjudged episode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from trajectories.canonical import parse
from trajectories.errors import FormatError
from trajectories.protocol import TAGS, plan_of
from trajectories.records import Call, Message, Outcome, Source, Trajectory, identity

UNJUDGED: Final = "not judged: imported without a world to judge it in"
"""The only failure of an imported record: it may be right, but nobody looked."""

_ENDS: Final = {"finish": "finish", "give_up": "give_up"}


def read_json(path: Path) -> Any:
    """A file's JSON value. Raises FormatError naming the file, and the line where JSON ends."""
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise FormatError(f"{path}: not JSON: {error}") from None


def read_lines(path: Path) -> Iterator[tuple[str, Any]]:
    """(place, value) of each line of JSON. Raises FormatError naming file and line."""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    place = f"{path}, line {number}"
                    try:
                        yield place, parse(line)
                    except ValueError as error:
                        raise FormatError(f"{place}: not JSON: {error}") from None
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from error


def documents(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of each object of a file: one alone, a JSON list, or lines of JSON.

    Lines are read one after the other. Raises FormatError naming the item or the line.
    """
    yield from _objects(read_lines(path) if _is_lines(path) else _whole(path, read_json(path)))


def _is_lines(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return isinstance(parse(next(filter(bytes.strip, file), b"")), dict)
    except (OSError, ValueError):
        return False


def items(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of each item of a JSON list. Raises FormatError."""
    value = read_json(path)
    if not isinstance(value, list):
        raise FormatError(f"{path}: expected a JSON list of objects, found {kind(value)}")
    yield from _objects(_whole(path, value))


def _whole(path: Path, value: Any) -> Iterator[tuple[str, Any]]:
    """(place, value) of each item of a file's list, or of its one value."""
    if isinstance(value, list):
        yield from ((f"{path}, item {number}", item) for number, item in enumerate(value))
    else:
        yield str(path), value


def _objects(found: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, item in found:
        if not isinstance(item, dict):
            raise FormatError(f"{place}: expected an object, found {kind(item)}")
        yield place, item


def field(value: dict[str, Any], name: str, expected: type, *, place: str) -> Any:
    """A required field of a type. Raises FormatError saying what is there instead."""
    if name not in value:
        raise FormatError(f"{place}: lacks {name!r}; it has {', '.join(map(repr, value))}")
    if not isinstance(value[name], expected):
        raise FormatError(
            f"{place}: {name!r} should be {expected.__name__}, is {kind(value[name])}"
        )
    return value[name]


def kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def arguments_of(raw: str) -> dict[str, Any] | None:
    """The arguments a raw text stands for, or None when it is no JSON object."""
    try:
        value = parse(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def call_of(name: str, raw: str) -> Call:
    """A call from its name and raw arguments."""
    return Call(name=name, arguments=arguments_of(raw), raw=raw)


def planner(thought: str, plan: str) -> Message:
    """A planner's turn with the tag of its plan: call, finish or give_up."""
    text = thought.rstrip()
    return Message(role="planner", content=f"{text}\n {TAGS[plan]}" if text else TAGS[plan])


def caller(call: Call, text: str | None = None) -> Message:
    """A caller's turn; its text is the published form unless given."""
    written = f"Action: {call.name}\nAction Input: {call.text()}" if text is None else text
    return Message(role="caller", content=written, call=call)


def call_from(name: Any, arguments: Any) -> Call:
    """A call whose arguments are an object, or the text that was written."""
    if isinstance(arguments, dict):
        return Call(name=str(name), arguments=arguments)
    return call_of(str(name), str(arguments))


def answer(text: str, thought: str = "") -> Iterator[Message]:
    """A conclusion and its answer."""
    yield planner(thought, "finish")
    yield Message(role="summarizer", content=text)


def text_of(content: Any) -> str:
    """The text of a message's content: a string, or parts of which some are text."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        return "".join(str(part.get("text") or part.get("reasoning") or "") for part in parts)
    return "" if content is None else str(content)


def tools_of(given: Any, *, place: str) -> list[dict[str, Any]]:
    """Tools in the openai form: given so, as bare functions, or either as JSON text.

    Raises FormatError.
    """
    if isinstance(given, str):
        try:
            given = parse(given) if given.strip() else None
        except ValueError as error:
            raise FormatError(f"{place}: 'tools' is not JSON: {error}") from None
    tools = given or []
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise FormatError(f"{place}: 'tools' should be a list of objects, is {kind(given)}")
    return [
        tool if "function" in tool else {"type": "function", "function": tool} for tool in tools
    ]


def record(
    *,
    format: str,
    path: Path,
    item: Any,
    number: int,
    messages: Sequence[Message],
    tools: Sequence[dict[str, Any]],
    task: dict[str, Any] | None = None,
    document: Source | None = None,
    options: dict[str, Any] | None = None,
    agent: str = "",
    scores: dict[str, Any] | None = None,
) -> Trajectory:
    """The record of an imported episode; its id is a hash of the item and its place.

    `scores` are what others' scorers found, by their names.
    """
    given = scores or {}
    plans = [plan_of(turn.content) for turn in messages if turn.role == "planner"]
    answers = [turn.content for turn in messages if turn.role == "summarizer"]
    name = identity(format=format, item=item, number=number)
    instruction = next((turn.content for turn in messages if turn.role == "user"), "")
    try:
        return Trajectory(
            id=name,
            document=document or Source(source=path.name),
            task={"id": name, "kind": "imported", "instruction": instruction} | (task or {}),
            options=options or {},
            agent=agent or f"imported:{format}",
            tools=list(tools),
            messages=list(messages),
            outcome=Outcome(
                success=False,
                end=_ENDS.get((plans or [None])[-1] or "", "steps"),
                answer=answers[-1] if answers else None,
                failures=[
                    UNJUDGED,
                    *(f"{name} scored it {value}" for name, value in given.items()),
                ],
                metrics={"scores": given} if given else {},
            ),
            provenance={"imported": format, "file": path.name, "item": number},
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FormatError(f"{path}, item {number}: {where}: {first['msg']}") from None
