"""The tables of a store, as SQLModel classes.

Small columns are for finding, `body` is for having: queries never open a body.
"""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel


class Meta(SQLModel, table=True):
    """Facts about the store itself: its schema version."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


class Part(SQLModel, table=True):
    """A value that many trajectories share, stored once under the sha256 of its plain bytes."""

    __tablename__ = "part"
    sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """zstandard."""


class Row(SQLModel, table=True):
    """One trajectory: its columns for queries, and its body."""

    __tablename__ = "trajectory"
    seq: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    agent: str = Field(index=True)
    seed: int
    kind: str
    """The task's kind."""
    success: bool = Field(index=True)
    ending: str
    attribution: str | None
    steps: int
    """Number of exchanges."""
    frame: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """sha256 of the part with document, tools, options and plans."""
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """zstandard."""


class Tag(SQLModel, table=True):
    """A (kind, value) that trajectories can be found by, such as ("fault", "H01")."""

    __tablename__ = "tag"
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    value: str


class Tagged(SQLModel, table=True):
    """Which trajectory has which tag."""

    __tablename__ = "tagged"
    tag: int = Field(primary_key=True)
    trajectory: int = Field(primary_key=True)
