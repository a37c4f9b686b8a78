"""The documents whose outputs are frozen, by name."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sandbox import Document, World
from sandbox.document.loading import parse
from sandbox.invention.invent import invent_document
from specs import names

INVENTED: Final = tuple(f"invented{index}" for index in range(20))
DENSE: Final = "dense"
BUNDLED: Final = tuple(names())
_LITTLE_TREES: Final = (
    Path(__file__).with_name("documents.jsonl").read_text(encoding="utf-8").splitlines()
)
LITTLE: Final = tuple(f"little{index}" for index in range(len(_LITTLE_TREES)))
STATED_FACTS: Final[Any] = parse(
    Path(__file__).with_name("stated.yaml").read_bytes(), "stated"
).tree
"""A document whose names say nothing, and model files that do."""
STATED: Final = tuple(f"stated{index}" for index in range(len(STATED_FACTS["model_files"])))
SMALL: Final = (
    "readme-circular2.json webhook31.yaml callback-example.json readme-uploads.json "
    "link-example.yaml readme-security.json petstore2.json tictactoe31.yaml uspto.yaml uber2.yaml "
    "readme-circular.json alertmanager2.yaml realworld.yml museum31.yaml petstore3.yaml "
    "readme-polymorphism.json xero-files.yaml adyen-dispute-v30.json "
    "readme-params-style.json microcks.yaml amadeus-flight-orders2.json "
    "sendgrid-designs.yaml paypal-orders-v2.json"
).split()
LARGE: Final = (
    "camara-qod.yaml readme-schema-types31.json netlify2.yml meilisearch31.json spotify.yml "
    "openeo.yaml harbor2.yaml star-trek.yaml "
    "twilio-verify.yaml slack2.json tmf620-v5.yaml discord31.json adyen-checkout-v71.yaml "
    "ory-client.json xero-accounting.yaml box.json twilio-api.json docusign-esign2.json asana.yaml"
).split()
"""Real documents, by their names in specs/public of the corpus."""


@cache
def world_named(name: str) -> World:
    """The world of a frozen document; the real ones need WAVETANK_CORPUS."""
    if name in BUNDLED:
        return World.load(name)
    if name == DENSE:
        return World.load(str(Path(__file__).with_name("dense.yaml")))
    if name in LITTLE:
        tree = json.loads(_LITTLE_TREES[int(name.removeprefix("little"))])
        return World(Document.from_tree(tree, source=name))
    if name in STATED:
        said = STATED_FACTS["model_files"][int(name.removeprefix("stated"))]
        return World(Document.from_tree(STATED_FACTS["document"], source=name), overrides=said)
    if name in (*SMALL, *LARGE):
        return World.load(str(Path(os.environ["WAVETANK_CORPUS"]) / "specs" / "public" / name))
    with TemporaryDirectory() as folder:
        place = Path(folder) / f"{name}.json"
        place.write_text(json.dumps(invent_document(3, int(name.removeprefix("invented"))).tree))
        return World.load(str(place))
