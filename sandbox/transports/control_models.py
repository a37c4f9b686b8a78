"""Forms: what the control plane takes and shows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Given(_Body):
    """An entity that exists, in the form of a task's `given`."""

    collection: str = Field(max_length=2000)
    id: str = Field(max_length=1000)
    values: dict[str, Any] = Field(default_factory=dict)


class NewSession(_Body):
    """A session to open; what is left out is as the server was started with."""

    document: str | None = Field(
        None, description="Name of a served document; the first one if null."
    )
    seed: int | None = Field(None, ge=-(2**53), le=2**53)
    label: str | None = Field(None, max_length=1000)
    faults: str | dict[str, Any] | list[Any] | None = None
    drift: str | dict[str, Any] | list[Any] | None = None
    helpfulness: int | None = Field(None, ge=0, le=4)
    unknown: Literal["reject", "ignore"] | None = None
    unknown_ids: Literal["closed", "materialise"] | None = None
    credentials: list[Annotated[str, Field(max_length=1000)]] | None = Field(None, max_length=100)
    given: list[Given] | None = Field(None, max_length=10_000)


class Call(_Body):
    """A tool call as an agent makes it; text arguments are taken as raw, possibly broken JSON."""

    tool: str = Field(max_length=1000)
    arguments: dict[str, Any] | str = Field(default_factory=dict)


class Faults(_Body):
    """A fault plan for a running session: a preset, ids, or a plan; null for none."""

    faults: str | dict[str, Any] | list[Any] | None


class Drift(_Body):
    """A drift plan for a running session: a preset, ids, or a plan; null: the document itself."""

    drift: str | dict[str, Any] | list[Any] | None


class Advance(_Body):
    """Virtual seconds to let pass."""

    seconds: float = Field(ge=0, le=1e9, allow_inf_nan=False)


class Restore(_Body):
    """A snapshot of this session by name."""

    snapshot: str = Field(max_length=200)


class SessionView(BaseModel):
    """One session as the control plane shows it."""

    id: str
    document: str
    base_url: str = Field(
        description="The document's base for this session: relative to this server, or on the "
        "port of the worker that holds it."
    )
    seed: int
    label: str
    clock: float
    calls: int
    state_version: int
    release: int
    """The release that answers the next call; 0 is the document itself."""
    docs: int
    """The release whose tools the agent is shown."""


class Seen(BaseModel):
    """What the agent is shown for a call."""

    text: str
    status: int | None
    error: bool


class Verdicts(BaseModel):
    """What openapi-core says of the exchanges; it runs when the server is told to."""

    running: bool = True
    judged: int = 0
    unjudged: int = 0
    violations: list[dict[str, Any]] = Field(default_factory=list)


class Text(BaseModel):
    """The reason of a refusal."""

    detail: str
