"""Published schemas: what people may write passes them, what they mistype does not."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jsonschema_rs
import pytest
from yaml12 import parse_yaml

import specs
from agent.cli.listings import schemas
from sandbox.drift.plan import drift_plan
from sandbox.faults import plan

PRESETS = [(kind, name) for kind in ("faults", "drift") for name in specs.presets(kind)]


@lru_cache(maxsize=1)
def published() -> dict[str, Any]:
    return {row["schema"]: jsonschema_rs.validator_for(row["json_schema"]) for row in schemas()}


@pytest.mark.parametrize(("kind", "name"), PRESETS)
def test_a_preset_passes_its_schema(kind: str, name: str) -> None:
    published()[kind].validate(parse_yaml(specs.path(name, kind).read_text("utf-8")))


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "H01", "trigger": "first_n", "match": {"op": "get*", "does": "read"}},
        {"compose": ["T01", {"fault": "H08", "params": {"wait_s": 5}}], "trigger": "always"},
        {"trigger": {"model": "schedule", "steps": [None, "T05"], "scope": "connection"}},
        {"fault": "T05", "trigger": {"model": "adaptive", "up": 0.5}},
    ],
)
def test_short_forms_of_a_rule_pass_too(rule: dict[str, Any]) -> None:
    assert plan({"rules": [rule]}).rules
    assert published()["faults"].is_valid({"rules": [rule]})


def test_a_drift_of_one_release_passes_as_it_may_be_written() -> None:
    written = {"releases": {"operators": [{"op": "D03"}]}, "visibility": "silent"}
    assert drift_plan(written).releases and published()["drift"].is_valid(written)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("faults", {"rules": [{"fault": "H01", "trigger": "fist_n"}]}),
        ("faults", {"rules": [{"falt": "H01"}]}),
        ("drift", {"releases": [{"operators": [{"op": "D03", "count": 0}]}]}),
        ("drift", {"visibility": "loud"}),
        ("model-file", {"operations": {"findBooks": {"acts": "list"}}}),
        ("tasks", {"task": []}),
    ],
)
def test_a_mistake_does_not_pass(kind: str, wrong: dict[str, Any]) -> None:
    assert not published()[kind].is_valid(wrong)
