"""Suites: named lists of scenarios, as data under `specs/suites` or in a file of the user's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

import specs
from agent.errors import AgentError
from agent.evaluation.stress import Scenario


class SuiteScenario(BaseModel):
    """Faults and drift that go together under one name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    faults: str | dict[str, Any] | list[Any] | None = None
    drift: str | dict[str, Any] | list[Any] | None = None
    held_out: bool = False
    """Kept apart: for agents that were trained on the other kinds."""


class Suite(BaseModel):
    """What a stress run goes through."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str = ""
    tasks: int = Field(20, ge=1)
    """Tasks per agent and scenario, unless said otherwise."""
    scenarios: list[SuiteScenario] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> Suite:
        names = [each.name for each in self.scenarios]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two scenarios are called {twice!r}")
        return self

    def as_scenarios(self) -> list[Scenario]:
        """The scenarios as `stress` takes them."""
        return [Scenario(each.name, each.faults, each.drift) for each in self.scenarios]


def load_suite(name: str) -> Suite:
    """A bundled suite by name, or a YAML file.

    Raises AgentError: no such suite (naming those there are), or a file that is none (naming the
    place in it).
    """
    place = Path(name)
    if name in specs.suites():
        place = specs.path(name, "suites")
    elif not place.is_file():
        raise AgentError(f"no suite {name!r}; bundled: {', '.join(specs.suites())}; or a file")
    try:
        return Suite.model_validate(yaml.safe_load(place.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise AgentError(f"{place}: not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "suite"
        words = (SuiteScenario if len(first["loc"]) > 1 else Suite).model_fields
        unknown = f"unknown word; valid here are {', '.join(words)}"
        why = unknown if first["type"] == "extra_forbidden" else first["msg"]
        raise AgentError(f"{place}: {where}: {why}") from None
