"""Drift compiled for one session: the releases, which of them answers, and who is told."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from sandbox.conventions.conventions import Conventions
from sandbox.conventions.resources import Resources
from sandbox.document.document import Document
from sandbox.draws import Draw
from sandbox.drift.plan import DriftPlan, Stage, Step, drift_plan
from sandbox.drift.published_version import successor
from sandbox.drift.registry import Target, operator_of
from sandbox.drift.release import Made, Release, release
from sandbox.drift.rewriting import Draft
from sandbox.errors import PlanError
from sandbox.values.moments import EPOCH

_QUIET = frozenset({"silent", "stale_everywhere", "docs_lag", "split_brain"})
"""Modes in which no header says that anything changed."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Which release answers call number n, and which one the agent's documents show."""

    plan: DriftPlan
    releases: tuple[Release, ...]
    seed: int
    label: str = ""
    skipped: tuple[str, ...] = ()
    """Operators that found no target in the document."""
    worlds: dict[int, Any] = field(default_factory=dict, compare=False, repr=False)
    """Compiled worlds of the releases: a cache that the sessions of one seed share."""
    _starts: tuple[int, ...] = field(default=())

    @property
    def order_sensitive(self) -> bool:
        """Whether the number of calls before decides which release answers."""
        return self.plan.visibility == "split_brain" or any(self._starts)

    def live(self, calls: int, context: Mapping[str, Any]) -> int:
        """The release that answers call number `calls` (0-based); 0 is the original.

        `context` may hold "clock" (virtual seconds) and "state" (what a state event looks at).
        """
        if not self.releases:
            return 0
        plan = self.plan
        if plan.rollback_after is not None and calls >= plan.rollback_after:
            return 0
        current = 0
        for index, stage in enumerate(plan.releases):
            if calls >= self._starts[index] and _is_due(stage, context):
                current = index + 1
        if plan.visibility == "split_brain" and current:
            draw = Draw(self.seed, self.label, "split", calls)
            return current if draw.chance(plan.share) else current - 1
        return current

    def documented_release(self) -> int:
        """The release whose tools the agent is shown at the start."""
        return len(self.releases) if self.plan.visibility == "docs_lead" else 0

    def docs(self, live: int) -> int:
        """The release that the documentation shows while `live` answers."""
        if self.plan.visibility in ("stale_everywhere", "silent"):
            return 0
        return len(self.releases) if self.plan.visibility == "docs_lead" else live

    def accepts_old(self, live: int) -> bool:
        """Whether the live server still takes calls in the original form."""
        return live == 0 or self.plan.visibility in ("silent", "versioned")

    def headers(self, live: int, calls: int) -> tuple[tuple[str, str], ...]:
        """Headers that every reply carries: the version, and an announcement before a change."""
        if not self.releases or self.plan.visibility in _QUIET:
            return ()
        version = (("api-version", self.releases[live - 1].name if live else "v1"),)
        if self.plan.visibility != "announced" or live:
            return version
        sunset = EPOCH.timestamp() + 86_400
        return (
            *version,
            ("deprecation", f"@{int(EPOCH.timestamp())}"),
            ("sunset", format_datetime(EPOCH.fromtimestamp(sunset, EPOCH.tzinfo), usegmt=True)),
            ("link", '</changelog>; rel="deprecation"'),
        )


def releases(source: Any, world: Any, seed: int, label: str = "") -> Drift:
    """A drift plan compiled for one world (or document) and seed. Raises PlanError."""
    plan = drift_plan(source)
    document: Document = getattr(world, "document", world)
    conventions = getattr(world, "conventions", None) or Conventions(document, Resources(document))
    offered: frozenset[str] | None = getattr(world, "offered", None)
    key = (id(conventions), plan.model_dump_json(), seed, label, offered)
    known = _KEPT.get(key)
    if known is not None:
        _KEPT.move_to_end(key)
        return known[1]
    found = _compile(plan, conventions, seed, label, offered)
    # The facts are kept beside, so that their id stays their own.
    _KEPT[key] = (conventions, found)
    if len(_KEPT) > _KEPT_MOST:
        _KEPT.popitem(last=False)
    return found


_KEPT: OrderedDict[tuple[int, str, int, str, frozenset[str] | None], tuple[Conventions, Drift]] = (
    OrderedDict()
)
_KEPT_MOST = 16


def _compile(
    plan: DriftPlan,
    conventions: Conventions,
    seed: int,
    label: str,
    offered: frozenset[str] | None,
) -> Drift:
    made: list[Release] = []
    skipped: list[str] = []
    stages = plan.releases if plan.severity > 0 else ()
    for index, stage in enumerate(stages):
        draw = Draw(seed, label, "drift", index)
        before = made[-1] if made else None
        name = f"v{index + 2}"
        made.append(_build_release(conventions, before, stage, plan, draw, name, skipped, offered))
    return Drift(
        plan=plan,
        releases=tuple(made),
        seed=seed,
        label=label,
        skipped=tuple(skipped),
        _starts=tuple(_start(stage, plan) for stage in stages),
    )


def _start(stage: Stage, plan: DriftPlan) -> int:
    """The first call that the release may answer."""
    if plan.visibility == "announced":
        return max(stage.after_calls, plan.sunset_calls)
    if plan.visibility in ("mid_task", "docs_lead"):
        return stage.after_calls or 3
    return stage.after_calls


def _is_due(stage: Stage, context: Mapping[str, Any]) -> bool:
    if stage.after_s and float(context.get("clock", 0.0)) < stage.after_s:
        return False
    if stage.when is None:
        return True
    state = context.get("state")
    if state is None:
        return False
    held = state.writes().get(stage.when.collection, {}).values()
    return sum(1 for entity in held if entity is not None) >= stage.when.count


def _build_release(
    conventions: Conventions,
    before: Release | None,
    stage: Stage,
    plan: DriftPlan,
    draw: Draw,
    name: str,
    skipped: list[str],
    offered: frozenset[str] | None,
) -> Release:
    document = conventions.document
    if stage.to:
        if stage.operators:
            raise PlanError(f"to:{stage.to}", "a release is a real version or operators, not both")
        return successor(document, before, stage.to, name=name)
    if before is None:
        draft = Draft.of(document, conventions, {id: id for id in document.operations})
    else:
        facts = conventions.of_release(before.document, before.ids, before.inputs)
        draft = Draft.of(before.document, facts, before.ids)
    made: list[Made] = []
    taken: set[tuple[str, str]] = set()
    for number, step in enumerate(stage.operators):
        count = max(1, round(step.count * plan.severity))
        done = 0
        for found in _choose_targets(draft, step, draw.child(number), taken, count, offered):
            applied = operator_of(step.op).apply(
                draft, found, draw.child(number, found.operation, found.pointer), _params(step)
            )
            draft = applied.draft
            made.append(Made(step.op, found, applied))
            taken.add((found.operation, found.pointer))
            done += 1
        if not done:
            if plan.strict:
                raise PlanError(
                    step.op,
                    f"finds nothing to change in {document.title}: "
                    f"{operator_of(step.op).title} has no target",
                )
            skipped.append(step.op)
    return release(document, before, draft, made, name=name)


def _params(step: Step) -> Mapping[str, Any]:
    return {**operator_of(step.op).params, **step.params}


def _choose_targets(
    draft: Draft,
    step: Step,
    draw: Draw,
    taken: set[tuple[str, str]],
    count: int,
    offered: frozenset[str] | None,
) -> Sequence[Target]:
    """Up to `count` targets, at most one on each offered operation and none that was hit before.

    Operations are tried in a drawn order, so a large document is not searched as a whole.
    """
    entry = operator_of(step.op)
    chosen: list[Target] = []
    paths: set[str] = set()
    for operation in draw.shuffled(sorted(draft.sites), "operations"):
        if len(chosen) >= count:
            break
        path = draft.sites[operation].path
        if (entry.per_path and path in paths) or (offered is not None and operation not in offered):
            continue
        found = [
            target
            for target in entry.targets(draft, operation)
            if step.target.takes(operation, target.pointer) and not _overlaps(target, taken)
        ]
        if found:
            chosen.append(draw.choice(found, f"target/{operation}"))
            paths.add(path)
    return chosen


def _overlaps(target: Target, taken: set[tuple[str, str]]) -> bool:
    """Whether a pointer lies on, above or below one that was already changed."""
    for operation, pointer in taken:
        if operation == target.operation and (
            pointer == target.pointer
            or (pointer + "/").startswith(target.pointer + "/")
            or (target.pointer + "/").startswith(pointer + "/")
        ):
            return True
    return False
