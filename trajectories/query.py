"""What trajectories can be asked for, and how a question becomes SQL.

Full text covers the instruction, the planner's thoughts, the calls and the answer (each up to
20,000 characters, 200,000 together); observations and the ledger are compressed and not searched.
Words are folded (case, accents) and split at everything that is no letter or digit, the same for
both databases.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypedDict

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    column,
    false,
    func,
    or_,
    select,
    table,
    text,
)
from sqlmodel import col

from trajectories import canonical
from trajectories.records import Trajectory
from trajectories.scoring.findings import findings
from trajectories.tables import Row, Tag, Tagged

SEARCHED: Final = 20_000

SEEDS: Final = 2**63 - 1
"""Seeds are compared in 63 bits, which is what a column holds."""

_IDENTIFIER: Final = re.compile(r"(?<![A-Za-z0-9])[THABSMXDK]\d{2}(?!\d)")
_WORD: Final = re.compile(r"[^\W_]+")
_TERM: Final = re.compile(r'"([^"]*)"|(\S+)')


class Terms(TypedDict, total=False):
    """A query's conditions; all must hold. A value not given is no condition."""

    outcome: str
    """`success`, `failure`, or an ending: finish, give_up, steps, tokens, repeats, error."""
    fault: str
    """A fault that fired, e.g. H01."""
    armed: str
    """A fault that the plan names, whether it fired or not."""
    drift: str
    """A drift operator that the plan names, e.g. D03."""
    operation: str
    """A logical operation that was called."""
    tool: str
    """A tool name that was called."""
    role: str
    """A role that spoke."""
    label: str
    """A label on one of the turns: mistake, fault, drift, recovery, clean."""
    agent: str
    document: str
    """sha256, source or title."""
    kind: str
    """The task's kind."""
    seed: int
    attribution: str
    """`agent:caller`, `injected:H01`, …; a bare `agent` or `injected` matches all of them."""
    verdict: str
    """How the outcome was judged: done_and_said, done_but_denied, …"""
    finding: str
    """A kind of finding that the episode shows, e.g. duplicate_effect."""
    text: str
    """Words that must all occur; "quoted words" must follow each other."""


TAGS: Final = (
    "fault", "armed", "drift", "operation", "tool", "role", "label", "document", "verdict",
    "finding",
)  # fmt: skip
ENDINGS: Final = ("finish", "give_up", "steps", "tokens", "repeats", "error")


COLUMNS: Final[dict[str, Any]] = {
    "outcome": Row.ending,
    "attribution": Row.attribution,
    "agent": Row.agent,
    "kind": Row.kind,
    "seed": Row.seed,
}


@dataclass(frozen=True, slots=True)
class Index:
    """What is stored beside a body so that the trajectory can be found."""

    tags: tuple[tuple[str, str], ...]
    words: str


def index(trajectory: Trajectory) -> Index:
    """The tags and words of a record."""
    return Index(
        tags=tuple(sorted({(kind, _tag(value)) for kind, value in set(_tags(trajectory))})),
        words=fold(_searched_texts(trajectory)),
    )


def fold(texts: Iterable[str]) -> str:
    """Lower-case words without accents, one space between them."""
    plain = "\n".join(text[:SEARCHED] for text in texts)[: 10 * SEARCHED]
    if not plain.isascii():
        parts = unicodedata.normalize("NFKD", plain)
        plain = "".join(char for char in parts if not unicodedata.combining(char))
        plain = plain.encode("utf-8", "ignore").decode()
    return " ".join(_WORD.findall(plain.lower()))


def where(dialect: str, terms: Terms) -> Select[int | None, str]:
    """`SELECT seq, id` of the trajectories that meet all terms, unordered."""
    chosen = select(col(Row.seq), col(Row.id))
    for name, value in terms.items():
        if value is not None:
            chosen = chosen.where(_condition(dialect, name, value))
    return chosen


def values_of(term: str) -> Select[Any]:
    """`SELECT DISTINCT` what a term can be asked for, in alphabetical order."""
    value: Any = Tag.value if term in TAGS else COLUMNS[term]
    chosen = select(value).distinct().order_by(value)
    return chosen.where(col(Tag.kind) == term) if term in TAGS else chosen


def value_counts(term: str) -> Select[Any, int]:
    """`SELECT value, count` of a term's values, the most frequent first."""
    if term in TAGS:
        tagged = select(col(Tag.value), func.count()).join(Tagged, col(Tagged.tag) == col(Tag.id))
        chosen: Select[Any, int] = tagged.where(col(Tag.kind) == term).group_by(col(Tag.value))
    else:
        chosen = select(COLUMNS[term], func.count()).group_by(COLUMNS[term])
    return chosen.order_by(func.count().desc())


def by_agent_and_fault() -> Select[Any]:
    """`SELECT agent, fault that fired or NULL, episodes, successes`."""
    fired = (
        select(col(Tagged.trajectory), col(Tag.value))
        .join(Tag, col(Tag.id) == col(Tagged.tag))
        .where(col(Tag.kind) == "fault")
        .subquery()
    )
    won = func.sum(case((col(Row.success), 1), else_=0))
    return (
        select(col(Row.agent), fired.c.value, func.count(), won)
        .select_from(Row)
        .outerjoin(fired, fired.c.trajectory == col(Row.seq))
        .group_by(col(Row.agent), fired.c.value)
    )


def _condition(dialect: str, name: str, value: Any) -> ColumnElement[bool]:
    if name in TAGS:
        named = select(col(Tag.id)).where(col(Tag.kind) == name, col(Tag.value) == _tag(value))
        tagged = select(col(Tagged.trajectory)).where(col(Tagged.tag).in_(named))
        return col(Row.seq).in_(tagged)
    if name == "text":
        return col(Row.seq).in_(_matching(dialect, str(value)))
    if name == "outcome" and value in ("success", "failure"):
        return col(Row.success).is_(value == "success")
    if name == "attribution" and ":" not in value:
        owner = col(Row.attribution)
        return or_(owner == value, owner.startswith(f"{value}:", autoescape=True))
    if name not in COLUMNS:
        valid = ", ".join(sorted(Terms.__annotations__))
        raise TypeError(f"unknown query term {name!r}; valid: {valid}")
    return and_(col(COLUMNS[name]) == (value & SEEDS if name == "seed" else value))


def _matching(dialect: str, asked: str) -> Select[Any]:
    folded = [fold([quoted or bare]) for quoted, bare in _TERM.findall(asked)]
    phrases = [phrase for phrase in folded if phrase]
    if dialect == "sqlite":
        # MATCH needs the table's own name on its left, which no expression builder offers.
        match = " ".join(f'"{phrase}"' for phrase in phrases)
        condition = text("words MATCH :asked").bindparams(asked=match) if phrases else false()
        return select(column("rowid")).select_from(table("words")).where(condition)
    words = table("words", column("trajectory"), column("text"))
    conditions = [
        words.c.text.bool_op("@@")(func.phraseto_tsquery("simple", phrase)) for phrase in phrases
    ]
    return select(words.c.trajectory).where(and_(*conditions) if conditions else false())


def _searched_texts(trajectory: Trajectory) -> Iterator[str]:
    yield trajectory.instruction
    for message in trajectory.messages:
        if message.role == "planner":
            yield message.content
        if message.call is not None:
            yield f"{message.call.name} {message.call.text()}"
    yield trajectory.outcome.answer or ""


def _tags(trajectory: Trajectory) -> Iterator[tuple[str, str]]:
    source = trajectory.document
    yield from (("document", name) for name in (source.sha256, source.source, source.title) if name)
    yield from (("armed", name) for name in _identifiers(trajectory.faults))
    yield from (("drift", name) for name in _identifiers(trajectory.drift))
    yield from (("fault", name) for name in trajectory.fired)
    yield from (("finding", found.kind) for found in findings(trajectory))
    if trajectory.outcome.kind is not None:
        yield "verdict", trajectory.outcome.kind
    for exchange in trajectory.ledger:
        if exchange.get("operation"):
            yield "operation", str(exchange["operation"])
    for message in trajectory.messages:
        yield "role", message.role
        yield from (("label", label) for label in message.labels)
        if message.call is not None:
            yield "tool", message.call.name


def _tag(value: str) -> str:
    # A model may call a tool any name; an index takes short texts without NUL.
    return value[:200].replace("\0", "")


def _identifiers(plan: Any) -> set[str]:
    return set(_IDENTIFIER.findall(canonical.dumps(plan).decode("utf-8", "replace")))
