"""Requests that people wrote with the tool they call for, as their files have them.

Each source lies in WAVETANK_CORPUS and is never kept here: Seal-Tools (Apache-2.0) and the tool
calls of Glaive (Apache-2.0) say the whole call, ToolVerifier (CC0) only which tool is chosen.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.errors import AgentError
from agent.evaluation.yardsticks.questions import openai_tool, read_list

FOLDER: Final = "natural/train"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked, and the one call that answers it."""

    id: str
    text: str
    tool: str
    arguments: Mapping[str, Any] | None
    """None where the source does not say them."""
    field: str = ""
    """What the tool is about; requests of one field are offered the same tools."""


@dataclass(frozen=True, slots=True)
class Requests:
    """One source: its requests, and the tools in openai form by name."""

    title: str
    rows: tuple[Request, ...]
    tools: Mapping[str, dict[str, Any]]
    fields: Mapping[str, str]
    """Tool → field, where the source names fields."""


def natural_sources(root: Path) -> list[Requests]:
    """All sources whose folder is under `root`. Raises AgentError for a file of another form."""
    found = []
    for folder, read in _SOURCES.items():
        if (place := root / FOLDER / folder).is_dir():
            try:
                found.append(read(place))
            except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
                raise AgentError(f"{place}: not the rows of {folder}: {error!r}") from error
    return found


def _seal_tools(place: Path) -> Requests:
    """Its rows of one call."""
    known = {str(row["api_name"]): row for row in read_list(place / "tool.jsonl")}
    fields = {name: str(row.get("field", "")).partition("/")[0] for name, row in known.items()}
    rows = [
        Request(str(row["id"]), row["query"], call["api"], call["parameters"], fields[call["api"]])
        for file in ("dev.jsonl", "test_in_domain.jsonl")
        for row in read_list(place / file)
        if len(row["calling"]) == 1 and (call := row["calling"][0])["api"] in known
    ]
    tools = {
        name: openai_tool(name, row["api_description"], row["parameters"], row.get("required", ()))
        for name, row in known.items()
    }
    return Requests("Seal-Tools", tuple(rows), tools, fields)


_CHOICE: Final = re.compile(
    r"User:(?P<text>.*?)\n###\nTool Choices:(?P<tools>.*?)\n###\n"
    r".*CALLTOOL\[\"(?P<tool>[^\"]+)\"\]",
    re.S,
)


def _toolverifier(place: Path) -> Requests:
    """Its rows whose choice is among the tools that it lists. A tool has a name and a sentence."""
    rows: list[Request] = []
    tools: dict[str, dict[str, Any]] = {}
    with (place / "train.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            found = _CHOICE.search(row["text"])
            if found is None:
                raise ValueError(f"row {number} has no request, tools and choice")
            listed = dict(_tool_lines(found["tools"]))
            for name, description in listed.items():
                tools.setdefault(name, openai_tool(name, description, {}, ()))
            if (name := _identifier(found["tool"])) in listed:
                rows.append(Request(str(number), found["text"].strip(), name, None))
    return Requests("ToolVerifier", tuple(rows), tools, {})


def _tool_lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.strip().splitlines():
        name, equals, description = line.partition(" = ")
        if equals:
            yield _identifier(name), description.strip()


def _identifier(name: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", name.lower()))


def _glaive(place: Path) -> Requests:
    """Its conversations that begin with a request and the call for it."""
    rows: list[Request] = []
    tools: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(read_list(place / "glaive_toolcall_en_demo.json")):
        asked, answered = row["conversations"][:2]
        for tool in json.loads(row["tools"] or "[]"):
            tools.setdefault(tool["name"], {"type": "function", "function": tool})
        if answered["from"] == "function_call":
            call = json.loads(answered["value"])
            if call["name"] in tools and isinstance(call["arguments"], dict):
                rows.append(Request(str(number), asked["value"], call["name"], call["arguments"]))
    return Requests("Glaive", tuple(rows), tools, {})


_SOURCES: Final[Mapping[str, Callable[[Path], Requests]]] = {
    "seal-tools": _seal_tools,
    "toolverifier": _toolverifier,
    "glaive": _glaive,
}


def usable(rows: Iterable[Request], measured: frozenset[str]) -> list[Request]:
    """Requests whose tool no yardstick offers; `measured` in lower case."""
    return [row for row in rows if row.tool.lower() not in measured]
