"""Which format a file is in: read off its first value, never off its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from trajectories.canonical import parse
from trajectories.errors import FormatError
from trajectories.imports.sharegpt import SPEAKERS

SUFFIXES: Final = (".json", ".jsonl", ".parquet", ".eval")
"""Of the files of a folder that are looked at."""

_MAGIC: Final = {b"PAR1": "trl", b"PK\x03\x04": "inspect"}
# The order matters: a native record is also a JSON object with messages in it.
_KEYS: Final = (
    ("native", {"ledger", "outcome"}),
    ("openai", {"messages"}),
    ("atif", {"schema_version", "steps"}),
    ("inspect", {"eval", "plan"}),
    ("toolbench", {"answer_generation"}),
    ("toolbench", {"chains"}),
    ("alpha-umi", {"history", "target"}),
    ("toolalpaca", {"Documentation"}),
    ("bfcl", {"id", "question"}),
)


def format_of(path: Path, *, strict: bool = True) -> str:
    """The format of a file, or of a folder of α-UMi row files.

    Raises FormatError for what is not there and for what is not JSON; for JSON of no known shape
    too, unless not `strict`: then "".
    """
    if path.is_dir():
        return "alpha-umi"
    try:
        with open(path, "rb") as file:
            magic = _MAGIC.get(file.read(4))
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from error
    if magic is not None:
        return magic
    first = _first_value(path)
    keys = set(first) if isinstance(first, dict) else set()
    if "conversations" in keys:
        turns = first["conversations"]
        return _by_speakers(turns if isinstance(turns, list) else [])
    found = next((form for form, wanted in _KEYS if wanted <= keys), "")
    if strict and not found:
        seen = ", ".join(sorted(map(repr, keys))[:12]) or "no object"
        valid = ", ".join(dict.fromkeys(form for form, _ in _KEYS))
        raise FormatError(
            f"{path}: no trajectories of a known format: its first value has {seen}; "
            f"valid: {valid}, sharegpt, trl"
        )
    return found


def _first_value(path: Path) -> Any:
    """The first line's value where it is one, else the whole file's; of a list, its first."""
    with open(path, "rb") as file:
        line = next(filter(bytes.strip, file), b"")
    try:
        value = parse(line)
    except ValueError:
        try:
            value = parse(path.read_bytes())
        except ValueError as error:
            raise FormatError(f"{path}: not JSON: {error}") from None
    while isinstance(value, list) and value:
        value = value[0]
    return value


def _by_speakers(turns: list[Any]) -> str:
    """Three formats keep their turns under `conversations`; who speaks in them tells."""
    names = {str(turn.get("from")) for turn in turns if isinstance(turn, dict)}
    if names & {"human", "gpt", "function_call"}:
        return "sharegpt"
    if names & {"planner", "caller", "conclusion", "summarizer"}:
        return "alpha-umi"
    if "function" in names or not names <= SPEAKERS.keys():
        return "toolbench"
    return "alpha-umi" if names & {"observation"} else "sharegpt"
