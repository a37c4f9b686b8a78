"""Operator properties: the drifted document holds, the differ sees it, calls and replies adapt."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from sandbox.document import Document
from sandbox.drift import operators
from sandbox.drift.catalogue import catalogue
from sandbox.drift.new_names import join_names
from tests.sandbox.drift.properties import (
    broken_calls,
    broken_replies,
    drifted,
    lost_calls,
    unexpected,
)

OWN = ("bookshop", "helpdesk", "calendar")

SMALL = (
    "petstore2.json", "petstore3.yaml", "realworld.yml", "museum31.yaml", "alertmanager2.yaml",
    "uspto.yaml", "uber2.yaml", "microcks.yaml", "xero-files.yaml", "sendgrid-designs.yaml",
    "tictactoe31.yaml", "adyen-dispute-v30.json", "amadeus-flight-orders2.json",
    "readme-params-style.json", "readme-schema-types31.json", "readme-polymorphism.json",
    "readme-security.json", "readme-circular.json", "readme-uploads.json", "link-example.yaml",
    "callback-example.json", "twilio-verify.yaml",
)  # fmt: skip

LARGE = (
    "spotify.yml", "netlify2.yml", "meilisearch31.json", "openeo.yaml", "tmf620-v5.yaml",
    "slack2.json", "adyen-checkout-v71.yaml", "box.json", "star-trek.yaml",
)  # fmt: skip


@cache
def load(name: str) -> Document:
    return Document.load(name)


def faulty(document: Document, op: str, seed: int, count: int = 2) -> str:
    """What is wrong with an operator on a document, in words; "" when nothing is."""
    release = drifted(document, op, seed, count)
    if release is None:
        return ""
    if len(release.document.warnings) > len(document.warnings):
        return f"{op}: {release.document.warnings[-1]}"
    for check in (unexpected, broken_calls, lost_calls, broken_replies):
        if found := check(document, release):
            return f"{op} {check.__name__}: {next(iter(found))} after {release.note}"
    return ""


@pytest.mark.parametrize("op", operators())
@pytest.mark.parametrize("name", OWN)
def test_an_operator_keeps_its_promises_on_our_documents(name: str, op: str) -> None:
    assert faulty(load(name), op, seed=1) == ""


@pytest.mark.parametrize("name", SMALL)
def test_operators_keep_their_promises_on_real_documents(name: str, corpus: Path) -> None:
    document = Document.load(corpus / "specs" / "public" / name)
    wrong = [found for op in operators() if (found := faulty(document, op, seed=0, count=1))]
    assert wrong == []


@pytest.mark.soak
@pytest.mark.parametrize("name", LARGE)
def test_operators_keep_their_promises_on_large_documents(name: str, corpus: Path) -> None:
    document = Document.load(corpus / "specs" / "public" / name)
    wrong = [found for op in operators() if (found := faulty(document, op, seed=0))]
    assert wrong == []


def test_every_operator_has_a_target_in_our_documents() -> None:
    found = {op for op in operators() if any(drifted(load(name), op) for name in OWN)}
    # Ours are strict already: unknown fields are refused from the start.
    assert set(operators()) - found == {"D33"}


def test_an_operator_without_a_target_is_an_error_that_names_it() -> None:
    assert drifted(load("bookshop"), "D33") is None


def test_the_catalogue_says_everything_about_each_operator() -> None:
    rows = {row["id"]: row for row in catalogue()}
    assert set(rows) == set(operators())
    assert all(row["adapter"] in ("lossless", "needs-info", "none") for row in rows.values())
    assert all(row["about"] and row["findings"] and row["signal"] for row in rows.values())


@pytest.mark.parametrize(
    ("names", "flat"),
    [
        (("due_date", "lines"), "total_currency"),
        (("dueDate", "lines"), "totalCurrency"),
        (("due-date", "lines"), "total-currency"),
    ],
)
def test_a_flattened_field_is_named_as_those_beside_it(names: tuple[str, ...], flat: str) -> None:
    assert join_names("total", "currency", names) == flat
