"""Real documents: every value is valid for a validator that shares no code with the generator.

The normal run takes a few operations per document; `-m soak` takes all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from sandbox.document.document import Document
from sandbox.draws import Draw
from sandbox.errors import DocumentError, NoInstance
from sandbox.values import Values

REASONS = re.compile(
    "is endless|exactly one branch|no listed value|no type is left|is required and not allowed"
    "|matches its 'not'|is false|with pattern|different items|nests deeper|wants at least"
)


# Python's `re`, inside the judge, warns of ECMA-262 classes that it would read as nested sets.
pytestmark = pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")


def documents(corpus: Path) -> Iterator[Path]:
    for file in sorted((corpus / "specs" / "public").iterdir()):
        if file.suffix in (".json", ".yaml", ".yml"):
            yield file


def replies(document: Document, every: int) -> Iterator[tuple[str, Any]]:
    """Success JSON reply schemas of each n-th operation."""
    for operation in list(document.operations.values())[::every]:
        if operation.success is None:
            continue
        for kind, media in operation.success[1].media.items():
            if "json" in kind and media.schema is not None:
                yield operation.id, media.schema


def judged(document: Document, schema: Any, value: Any) -> list[str]:
    """What the independent validator finds wrong."""
    bundle = document.schemas.bundle(schema, "response")
    judge = Draft202012Validator(bundle, format_checker=Draft202012Validator.FORMAT_CHECKER)
    try:
        return [
            f"{error.json_path} {error.validator}: {error.message[:120]}"
            for error in judge.iter_errors(value)
        ]
    except re.error:
        return []


def check(file: Path, every: int) -> tuple[int, int, list[str]]:
    """(valid, without instance for a named reason, wrong ones) of one document's replies."""
    document = Document.load(file)
    values = Values(document.schemas)
    valid, none, wrong = 0, 0, []
    for name, schema in replies(document, every):
        try:
            value = values.make(schema, Draw(name))
            found = judged(document, schema, value)
        except DocumentError:
            continue  # the document refers to something that is not in it
        except NoInstance as error:
            none += 1
            found = [] if REASONS.search(error.reason) else [error.reason]
        wrong += [f"{file.name} {name}: {each}" for each in found]
        valid += not found
        assert orjson.dumps(values.make(schema, Draw(name))) == orjson.dumps(value)
    return valid, none, wrong


def test_replies_of_real_documents_are_valid(corpus: Path) -> None:
    wrong: list[str] = []
    for file in documents(corpus):
        size = file.stat().st_size
        wrong += check(file, 1 if size < 200_000 else 40 if size < 2_000_000 else 150)[2]
    assert wrong == []


@pytest.mark.soak
def test_all_replies_of_real_documents_are_valid(corpus: Path) -> None:
    wrong: list[str] = []
    counts = [0, 0]
    for file in documents(corpus):
        valid, none, bad = check(file, 1)
        counts[0] += valid
        counts[1] += none
        wrong += bad
    assert wrong == []
    assert counts[0] > 2_000 and counts[1] < counts[0] // 100


@pytest.mark.soak
def test_values_of_real_documents_stay_small(corpus: Path) -> None:
    for file in documents(corpus):
        document = Document.load(file)
        values = Values(document.schemas)
        for name, schema in replies(document, 5):
            for optional in (0.5, 1.0):
                try:
                    value = values.make(schema, Draw(name), optional=optional)
                except NoInstance:
                    continue
                assert len(orjson.dumps(value)) < 1_000_000, f"{file.name} {name}"
