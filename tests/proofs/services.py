# ruff: noqa: T201 (a program that prints a table)
"""Proof: replies have the form of their media type, and Accept reaches each declared one.

    python -m tests.proofs.services [PLACES] [--exceptions N]

PLACES are documents or folders of documents; by default the bundled ones and the corpus.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError, fromstring

import orjson
import yaml

import specs
from sandbox import World
from sandbox.conventions.representations import in_media_type
from sandbox.document import Operation, encode
from sandbox.document.media_types import concrete, essence, form_of
from sandbox.document.security import credentials
from sandbox.draws import Draw
from sandbox.errors import SandboxError
from sandbox.messages import Arguments, Request
from tests.proofs.tally import Tally

_SIGNATURES = {
    "image/png": b"\x89PNG\r\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8",
    "application/pdf": b"%PDF-", "image/svg+xml": b"<?xml", "audio/wav": b"RIFF",
}  # fmt: skip


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def _is_events(body: bytes) -> bool:
    events = body.decode().split("\n\n")
    return events[-1] == "" and all("data:" in event for event in events[:-1])


def _is_lines(body: bytes) -> bool:
    return all(_is_json(line.lstrip(b"\x1e")) for line in body.splitlines())


def _is_xml(body: bytes) -> bool:
    try:
        fromstring(body)
    except ParseError:
        return False
    return True


def _is_csv(body: bytes) -> bool:
    rows = list(csv.reader(io.StringIO(body.decode())))
    return len({len(row) for row in rows}) <= 1


def _is_yaml(body: bytes) -> bool:
    try:
        yaml.safe_load(body)
    except yaml.YAMLError:
        return False
    return True


_CHECKS: dict[str, Callable[[bytes], bool]] = {
    "json": _is_json, "events": _is_events, "lines": _is_lines, "sequence": _is_lines,
    "xml": _is_xml, "csv": _is_csv, "yaml": _is_yaml,
    "html": lambda body: body.lstrip()[:1] == b"<", "text": lambda body: bool(body.decode() or 1),
}  # fmt: skip


def in_form(media_type: str, body: bytes) -> bool:
    """Whether bytes are what a media type promises; types that nothing here writes always are."""
    kind = essence(concrete(media_type))
    if kind == "application/zip":
        return zipfile.is_zipfile(io.BytesIO(body))
    form = form_of(kind)
    return _CHECKS[form](body) if form != "file" else body.startswith(_SIGNATURES.get(kind, b""))


def media_types(world: World, name: str) -> Tally:
    """Every declared media type of every success reply, rendered and looked at."""
    tally = Tally()
    for operation in world.document.operations.values():
        success = operation.success
        if success is None or operation.defect is not None:
            continue
        status, reply = success
        usual = world.resources.meaning(operation)
        for kind, media in reply.media.items():
            if media.schema is None:
                continue
            meaning = usual
            if kind != usual.media_type:
                meaning = in_media_type(world.resources, usual, status, kind)
            try:
                made = world.renderer.fresh(meaning, Draw("proof", operation.id, kind))
                good = in_form(kind, made.body)
            except SandboxError as error:
                good, kind = False, f"{kind} ({error})"
            tally.count(good, f"{name}: {operation.id} {kind}")
    return tally


def accepted(world: World, name: str) -> Tally:
    """Every GET asked for each of its declared types over HTTP: the type comes, or a refusal."""
    tally = Tally()
    session = world.session(seed=1, unknown_ids="materialise")
    for operation in world.document.operations.values():
        success = operation.success
        if operation.method != "GET" or success is None or operation.defect is not None:
            continue
        request = _request(world, operation)
        for kind, media in success[1].media.items() if request is not None else ():
            if media.schema is None or request is None:
                continue
            headers = (*request.headers, ("accept", concrete(kind)))
            asked = replace(request, headers=headers)
            reply = session.handle(asked)
            if reply.status == success[0]:
                sent = reply.header("content-type") or ""
                good = essence(sent) == essence(concrete(kind)) and in_form(kind, reply.body)
                tally.count(good, f"{name}: {operation.id} {kind} -> {sent}")
            elif reply.status in (406, 500):
                tally.count(False, f"{name}: {operation.id} {kind} -> {reply.status}")
    return tally


def _request(world: World, operation: Operation) -> Request | None:
    """A valid request to an operation with its required parameters; None where none is made."""
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    try:
        for it in operation.parameters:
            if it.required:
                value = it.example
                if value is None:
                    draw = Draw("proof", operation.id, it.name)
                    value = world.values.make(it.schema, draw, name=it.name, direction="request")
                places[it.location][it.name] = value
    except SandboxError:
        return None
    arguments = Arguments(places["path"], places["query"], places["header"], places["cookie"])
    made = encode(operation, arguments, world.document.base_path)
    query, headers = credentials(operation, world.document)
    joined = "&".join(filter(None, (made.query, query)))
    return Request(made.method, made.path, joined, (*made.headers, *headers), made.body)


def documents(places: list[str]) -> Iterator[Path]:
    """The documents under files and folders; by default the bundled ones and the corpus."""
    corpus = os.environ.get("WAVETANK_CORPUS")
    usual = [
        Path(specs.__file__).parent / "documents",
        *([Path(corpus) / "specs"] if corpus else []),
    ]
    for place in map(Path, places) if places else usual:
        files = [place] if place.is_file() else sorted(place.rglob("*"))
        yield from (file for file in files if file.suffix in (".yaml", ".yml", ".json"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", nargs="*")
    parser.add_argument("--exceptions", type=int, default=20)
    options = parser.parse_args()
    formed, reached, kinds, count = Tally(), Tally(), Counter[str](), 0
    for file in documents(options.places):
        try:
            world = World.load(file)
        except SandboxError:
            continue
        count += 1
        formed.add(media_types(world, file.stem))
        reached.add(accepted(world, file.stem))
        for operation in world.document.operations.values():
            kinds.update(map(essence, operation.success[1].media if operation.success else ()))
    print(f"documents                                 {count}")
    print(f"declared success types in their form      {formed.good} of {formed.total}")
    print(f"GET answers Accept with the type asked    {reached.good} of {reached.total}")
    print("types: " + ", ".join(f"{name} {number}" for name, number in kinds.most_common()))
    for exception in [*formed.exceptions, *reached.exceptions][: options.exceptions]:
        print(f"  {exception}")


if __name__ == "__main__":
    main()
