"""Five versions of one API, served one after another in an episode."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson

from sandbox import Document, World
from sandbox.world.session import Session
from tests.sandbox.world.documents import by, does, thing

TEXT = {"type": "string"}


def version(number: int) -> dict[str, Any]:
    """A shop that changes: a field more, another name, one way less, another path in the sixth."""
    field = "label" if number >= 3 else "name"
    pot = thing("id", field, id=TEXT, **{field: TEXT})
    if number >= 2:
        pot["properties"]["glaze"] = TEXT
    if number >= 4:
        pot["required"] = [*pot["required"], "glaze"]
    noun = "vessels" if number >= 6 else "pots"
    item = {"get": does(shows=pot, operationId="readPot"), "parameters": [by("id")]}
    if number < 4:
        item["delete"] = does(204, operationId="breakPot")
    fields = {"type": "object", "properties": {field: TEXT}, "required": [field]}
    return {"openapi": "3.1.0", "info": {"title": "Pots", "version": str(number)}, "paths": {
        f"/{noun}": {"post": does(201, pot, fields, operationId="makePot"),
                     "get": does(shows={"type": "array", "items": pot}, operationId="listPots")},
        f"/{noun}/{{id}}": item,
    }}  # fmt: skip


def chain(folder: Path, count: int = 5) -> Session:
    files = [folder / f"v{number}.json" for number in range(1, count + 1)]
    for number, file in enumerate(files, 1):
        file.write_bytes(orjson.dumps(version(number)))
    later = ",to:".join(map(str, files[1:]))
    return World.load(files[0]).session(seed=1, drift=f"to:{later}")


def test_each_version_answers_in_its_turn_over_one_state(tmp_path: Path) -> None:
    session = chain(tmp_path)
    made = session.call("makePot", {"name": "Amphora"})
    id = orjson.loads(made.text[made.text.index("{") :])["id"]
    shown = []
    for _ in range(14):
        seen = session.call("readPot", {"id": id})
        shown.append(orjson.loads(seen.text[seen.text.index("{") :]))
    releases = [row.release for row in session.ledger]
    assert releases == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    assert all(each["id"] == id for each in shown)
    assert shown[0]["name"] == "Amphora" and "glaze" in shown[-1] and "label" in shown[-1]


def test_what_lies_elsewhere_in_a_later_version_is_not_found_there(tmp_path: Path) -> None:
    session = chain(tmp_path, 6)
    id = session.state.ids("/pots")[0]
    seen = [session.call("readPot", {"id": id}).status for _ in range(16)]
    assert seen == [200] * 15 + [308]  # Its successor may know nothing of the entity.
    session.call("read_docs", {})
    assert session.call("readPot", {"id": id}).status == 404


def test_what_a_later_version_took_away_is_gone_there_only(tmp_path: Path) -> None:
    early, late = chain(tmp_path), chain(tmp_path)
    for one in (early, late):
        one.call("listPots", {})
    id = early.state.ids("/pots")[0]
    assert early.call("breakPot", {"id": id}).status == 204
    for _ in range(12):
        late.call("listPots", {})
    assert late.live == 4 and late.call("breakPot", {"id": id}).error


def test_a_real_chain_is_served_to_its_end(corpus: Path) -> None:
    files = sorted((corpus / "specs" / "versions" / "netlify-chain").glob("v*.yml"))
    later = [{"to": str(file), "after_calls": n} for n, file in enumerate(files[1:], 1)]
    session = World(Document.load(files[0])).session(seed=1, drift=deepcopy({"releases": later}))
    seen = [session.call("listSites", {}) for _ in files]
    assert len(files) == 5 and [one.status for one in seen] == [200] * 5
    assert [row.release for row in session.ledger] == [0, 1, 2, 3, 4]
