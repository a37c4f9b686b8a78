"""TRL rows as parquet: columns `messages` and `tools` for SFT, preference columns for pairs.

Arguments are objects, as chat templates want them. Messages and tools use the JSON type of
`datasets`, so no key with None appears that was not there. Beside them stand columns that a trainer
ignores and a filter needs (id, agent, success, faults, …), and `learn`, one boolean per message.
A malformed call is the assistant's text, word for word: there is no object to put it in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from trajectories import canonical
from trajectories.errors import MissingExtra
from trajectories.exports.exporter import Exporter, Summary, fresh
from trajectories.exports.steps import Turn, chat, system_of
from trajectories.pairs import Pair, pairs
from trajectories.records import Call, Trajectory

BATCH: Final = 1000
"""Rows per parquet row group; what is in memory at once."""

_JSON: Final = {"_type": "Json"}
_TEXT: Final = {"dtype": "string", "_type": "Value"}
_BOOL: Final = {"dtype": "bool", "_type": "Value"}
_LONG: Final = {"dtype": "int64", "_type": "Value"}


def _list(feature: dict[str, Any]) -> dict[str, Any]:
    return {"feature": feature, "_type": "List"}


SFT: Final[dict[str, Any]] = {
    "messages": _list(_JSON),
    "tools": _JSON,
    "learn": _list(_BOOL),
    "labels": _list(_TEXT),
    "id": _TEXT,
    "agent": _TEXT,
    "document": _TEXT,
    "kind": _TEXT,
    "seed": _LONG,
    "success": _BOOL,
    "faults": _list(_TEXT),
}
"""Columns of an SFT file, as features of `datasets`."""

PREFERENCE: Final[dict[str, Any]] = {
    "prompt": _list(_JSON),
    "chosen": _list(_JSON),
    "rejected": _list(_JSON),
    "tools": _JSON,
    "id": _TEXT,
    "rejected_id": _TEXT,
}
"""Columns of a preference file (DPO)."""


def row(trajectory: Trajectory) -> dict[str, Any]:
    """A record as one SFT row; JSON columns are JSON text here."""
    turns = _chat(trajectory)
    return {
        "messages": [_json(turn) for turn in turns],
        "tools": canonical.ordered_bytes(trajectory.tools).decode(),
        "learn": [turn.role == "assistant" and turn.learn for turn in turns],
        "labels": [" ".join(turn.labels) for turn in turns],
        "id": trajectory.id,
        "agent": trajectory.agent,
        "document": trajectory.document.sha256,
        "kind": str(trajectory.task.get("kind", "")),
        "seed": trajectory.seed,
        "success": trajectory.outcome.success,
        "faults": trajectory.fired,
    }


def _chat(trajectory: Trajectory) -> list[Turn]:
    system = system_of(trajectory)
    return chat(trajectory.messages, slot=lambda call: call.arguments is not None, system=system)


def _json(turn: Turn) -> str:
    return canonical.ordered_bytes(turn.json(_arguments)).decode()


def _arguments(call: Call) -> Any:
    return call.arguments


def write(trajectories: Iterable[Trajectory], out: Path) -> Summary:
    """Write one row per record, a row group at a time. Raises MissingExtra without pyarrow."""
    rows = _parquet(map(row, trajectories), out, SFT)
    return Summary(format="trl", trajectories=rows, rows=rows, files=(out,))


def write_pairs(pairs: Iterable[Pair], out: Path) -> Summary:
    """Write preference rows: `prompt` is what both share, then each goes its own way."""
    rows = _parquet((_preference(pair.chosen, pair.rejected) for pair in pairs), out, PREFERENCE)
    return Summary(format="trl-preference", trajectories=2 * rows, rows=rows, files=(out,))


def _preference(chosen: Trajectory, rejected: Trajectory) -> dict[str, Any]:
    good = [_json(turn) for turn in _chat(chosen)]
    bad = [_json(turn) for turn in _chat(rejected)]
    pairs = enumerate(zip(good, bad, strict=False))
    shared = next(
        (number for number, (one, other) in pairs if one != other), min(map(len, (good, bad)))
    )
    return {
        "prompt": good[:shared],
        "chosen": good[shared:],
        "rejected": bad[shared:],
        "tools": canonical.ordered_bytes(chosen.tools).decode(),
        "id": chosen.id,
        "rejected_id": rejected.id,
    }


def _parquet(rows: Iterable[dict[str, Any]], out: Path, features: dict[str, Any]) -> int:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise MissingExtra("pyarrow", extra="export", purpose="the format trl") from None

    plain = {"string": pa.string(), "bool": pa.bool_(), "int64": pa.int64()}

    def arrow(feature: dict[str, Any], text: Any) -> Any:
        if feature["_type"] == "List":
            return pa.list_(arrow(feature["feature"], text))
        return text if feature["_type"] == "Json" else plain[feature["dtype"]]

    # `datasets` reads its feature types from this key of the schema; without it a reader sees text.
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    stored = pa.schema([(name, arrow(f, pa.json_())) for name, f in features.items()], metadata)
    built = pa.schema([(name, arrow(f, pa.string())) for name, f in features.items()])
    written = 0
    with fresh(out) as file, parquet.ParquetWriter(file, stored, compression="zstd") as writer:
        for batch in _batches(rows, BATCH):
            table = pa.Table.from_pylist(batch, schema=built)
            writer.write_table(table.cast(stored))
            written += len(batch)
    return written


def _batches(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


TRL: Final = Exporter(
    name="trl",
    write=write,
    suffix=".parquet",
    drops=(
        "task, label, fault and drift plans, options, ledger, provenance, outcome but success",
        "messages: the border between planner and caller, tags, the closing thought before an "
        "answer, status, the spacing of well-formed arguments, parallel calls (one turn each)",
    ),
    note="TRL (SFT; pairs for DPO), any chat template that renders tools",
)

PREFERENCES: Final = Exporter(
    name="trl-preference",
    write=lambda trajectories, out: write_pairs(pairs(trajectories), out),
    suffix=".parquet",
    drops=TRL.drops,
    note="TRL (DPO): the best record of each situation against every worse one",
)
