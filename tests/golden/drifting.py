"""What releases say of themselves, and a document's way into its next version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from sandbox import World
from sandbox.drift import Release, releases
from sandbox.drift.diff import diff, summary
from sandbox.messages import ABSENT
from tests.bench.explorer import Explorer
from tests.golden.differences import versions
from tests.golden.replies import bytes_of, digest
from tests.golden.walks import Client
from tests.golden.worlds import STATED_FACTS, world_named


def release_texts(world: World, release: Release) -> Iterator[str]:
    """A release's document, what it says of its changes, and calls in its form and back."""
    yield json.dumps(release.document.tree)
    yield json.dumps([each.as_json() for each in release.made])
    yield repr((release.note, release.adapter, release.findings, release.inputs))
    found = diff(world.document, release.document)
    yield repr((found, summary(found)))
    explorer = Explorer(world, world.session(seed=1))
    for operation in world.document.operations.values():
        if operation.id in release.ids:
            arguments = explorer.arguments(operation, {}, ABSENT, 1)
            forward = release.forward(operation.id, arguments)
            yield repr((forward, release.backward(*forward)))


def through_versions(folder: Path) -> Iterator[tuple[str, str]]:
    """What is found between two versions, and how calls to the old one go to the new one."""
    for name, (old, new) in versions():
        file = folder / f"{name}.json"
        file.write_text(json.dumps(new.tree))
        drift = releases({"releases": [{"to": str(file)}]}, World(old), seed=1)
        texts = [text for text in release_texts(World(old), drift.releases[0])]
        yield f"versions/{name}", digest(map(str.encode, texts))


def next_version(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """A walk from a document into its next version, which has an operation more."""
    tree = STATED_FACTS["document"]
    more = {"/more": {"get": {"responses": {"204": {"description": "nothing"}}}}}
    file = folder / "next.json"
    file.write_text(json.dumps({**tree, "paths": {**tree["paths"], **more}}))
    session = world_named(name).session(
        seed=1, drift={"releases": [{"to": str(file), "after_calls": 9}]}
    )
    client = Client(Explorer(world_named(name), session))
    operations = [*world_named(name).document.operations.values()] * 2
    texts = [bytes_of(each) for operation in operations for each in client.calls(operation, 1)]
    yield f"{name}/next version", digest([*texts, repr(list(session.ledger)).encode()])
