"""Records whose turns come in every order, and what each format makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

from tests.golden.replies import digest
from tests.trajectories.little import finished
from trajectories.exports import FORMATS, export
from trajectories.labels import label
from trajectories.records import Call, Message, Trajectory

_CALL: Final = Call(name="get_book", arguments={"id": "b1"}, raw='{"id": "b1"}')
_BROKEN: Final = Call(name="get_book", arguments=None, raw='{"id": b1')
_TURNS: Final = (
    Message(role="user", content="Who wrote b1?"),
    Message(role="planner", content="I look it up.\n Next: caller."),
    Message(role="caller", content="Action: get_book", call=_CALL),
    Message(role="caller", content="Action: get_book", call=_BROKEN, learn=True),
    Message(role="observation", content='{"id":"b1"}', status=200),
    Message(role="observation", content="HTTP 503", status=503),
    Message(role="summarizer", content="Ann wrote it.", learn=True),
)


def conversations(folder: Path) -> Iterator[tuple[str, str]]:
    """For each first turn and format a digest of all records that begin with it."""
    for first in range(len(_TURNS)):
        records = [_record(first, *rest) for rest in product(range(len(_TURNS)), repeat=3)]
        texts = [json.dumps(label(each).model_dump(mode="json")) for each in records]
        yield f"labels of conversations from turn {first}", digest(map(str.encode, texts))
        for format in sorted({*FORMATS} - {"trl", "trl-preference"}):
            name = f"{first}.jsonl" if format == "atif" else str(first)
            files = sorted(export(records, format, folder / format / name).files)
            yield (
                f"{format} of conversations from turn {first}",
                digest(each.read_bytes() for each in files),
            )


def _record(*numbers: int) -> Trajectory:
    name = "".join(map(str, numbers))
    return finished(1, id=f"c{name}", messages=[_TURNS[number] for number in numbers])
