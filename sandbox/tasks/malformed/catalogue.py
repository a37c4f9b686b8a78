"""The mutators by id, one way to apply them, and a Hypothesis strategy over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sandbox.draws import Draw
from sandbox.errors import NoInstance, UnknownName
from sandbox.tasks.malformed import wrong_names, wrong_order, wrong_shapes, wrong_values
from sandbox.tasks.malformed.valid_calls import Broken, Call, Ground, Malformed, valid_arguments
from sandbox.tools import Tool

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_TWICE = 0.15


@dataclass(frozen=True, slots=True)
class Mutator:
    """One way in which calls go wrong."""

    id: str
    name: str
    family: str
    """names, values, shape, wire or order."""
    weight: int
    answers: tuple[int, ...]
    """Statuses a correct server answers with; empty when luck or the truth decides."""
    mutate: Callable[[Ground, Draw], Broken | None]

    @property
    def label(self) -> str:
        """The name in one word, for records: `wrong_argument_name`."""
        return self.mutate.__name__

    @property
    def surely_refused(self) -> bool:
        """Whether the broken call breaks the schema, so that nothing can make it succeed."""
        return self.id in _SCHEMATIC


_SCHEMATIC: Final = frozenset("K03 K04 K05 K06 K07 K08 K09 K12 K13 K14 K18 K19".split())
_ROWS: Final = (
    ("K01", "hallucinated tool", "names", 6, (404,), wrong_names.hallucinated_tool),
    ("K02", "wrong sibling tool", "names", 6, (), wrong_names.sibling_tool),
    ("K03", "wrong argument name", "names", 10, (400, 422), wrong_names.wrong_argument_name),
    ("K04", "missing required argument", "names", 12, (400, 422), wrong_names.missing_required),
    ("K05", "redundant argument", "names", 6, (400, 422), wrong_names.redundant_argument),
    ("K06", "wrong type", "values", 12, (400, 404, 422), wrong_values.wrong_type),
    ("K07", "value not in the enum", "values", 8, (400, 404, 422), wrong_values.bad_enum),
    ("K08", "bad format", "values", 8, (400, 404, 422), wrong_values.bad_format),
    ("K09", "out of bounds", "values", 4, (400, 404, 413, 422), wrong_values.out_of_bounds),
    ("K10", "placeholder or invented value", "values", 6, (), wrong_values.placeholder),
    ("K11", "wrong entity", "values", 4, (), wrong_values.wrong_entity),
    ("K12", "malformed JSON", "shape", 6, (400,), wrong_shapes.malformed_json),
    ("K13", "misplaced argument", "names", 3, (400, 404, 422), wrong_names.misplace_argument),
    ("K14", "nesting error", "shape", 4, (400, 422), wrong_shapes.wrong_nesting),
    (
        "K15",
        "unresolved template",
        "shape",
        2,
        (400, 404, 405, 422),
        wrong_shapes.unresolved_template,
    ),
    ("K16", "wrong method, URL or version", "wire", 3, (308, 404, 405), wrong_order.wrong_method),
    ("K17", "misused credentials", "wire", 3, (401, 403), wrong_order.misused_credentials),
    ("K18", "identical repeat", "order", 3, (400, 404, 422), wrong_order.repeat_call),
    ("K19", "near repeat", "order", 2, (400, 404, 422), wrong_order.nearly_repeated),
    ("K20", "wrong order", "order", 3, (400, 404, 409, 412, 422), wrong_order.wrong_order),
    ("K21", "swapped values", "values", 2, (), wrong_values.swap_values),
    ("K22", "over-batching", "values", 1, (), wrong_values.over_batched),
    ("K23", "idempotency misuse", "order", 2, (), wrong_order.misused_key),
)
MUTATORS: Final[Mapping[str, Mutator]] = {row[0]: Mutator(*row) for row in _ROWS}
"""Id → mutator, K01 to K23."""


def malform(ground: Ground, draw: Draw, ids: Iterable[str] | None = None) -> Malformed | None:
    """Break a valid call in one of the ways `ids` (all by default), or in two (15 %).

    None when none of them applies. Raises UnknownName for an id that does not exist. A broken call
    always differs from the corrected one; where the schema decides, it is checked to be invalid.
    """
    wanted = list(MUTATORS if ids is None else ids)
    for id in wanted:
        if id not in MUTATORS:
            raise UnknownName("mutator", id, MUTATORS)
    for id in _weighted_order(wanted, draw):
        made = apply(MUTATORS[id], ground, draw.child(id))
        if made is not None:
            return _twice(made, ground, draw) or made
    return None


def apply(mutator: Mutator, ground: Ground, draw: Draw) -> Malformed | None:
    """Break a valid call in one given way; None when the way does not apply to it."""
    broken = mutator.mutate(ground, draw)
    if broken is None:
        return None
    calls = broken.calls
    if not calls and broken.arguments is not None:
        calls = (Call(broken.tool or ground.tool.name, broken.arguments),)
    if calls == (ground.call,):
        return None
    return Malformed(mutator.id, broken.detail, calls, ground.call, broken.request)


def _weighted_order(ids: list[str], draw: Draw) -> list[str]:
    """The ids in a keyed order in which heavy ones tend to come first."""
    return sorted(ids, key=lambda id: draw.unit(id) ** (1.0 / MUTATORS[id].weight), reverse=True)


def _twice(made: Malformed, ground: Ground, draw: Draw) -> Malformed | None:
    """A second mutation on top of a first that left a plain call."""
    plain = len(made.calls) == 1 and isinstance(made.calls[0].arguments, dict)
    if not plain or made.calls[0].tool != ground.tool.name or not draw.chance(_TWICE, "twice"):
        return None
    second = MUTATORS[draw.choice(("K01", "K05", "K12"), "second")]
    if second.id == made.id:
        return None
    base = replace(ground, arguments=dict(made.calls[0].arguments))  # type: ignore[arg-type]
    alone = second.mutate(ground, draw.child("second"))
    broken = alone and second.mutate(base, draw.child("second"))
    if broken is None or broken.arguments is None:
        return None
    call = Call(broken.tool or ground.tool.name, broken.arguments)
    detail = f"{made.detail}; {broken.detail}"
    return Malformed(f"{made.id}+{second.id}", detail, (call,), ground.call)


def malformed_calls(
    tool: Tool, *, ids: Iterable[str] | None = None, tools: Mapping[str, Tool] | None = None
) -> SearchStrategy[Malformed]:
    """A Hypothesis strategy of broken calls of a tool, each with its label and its correction.

    Needs `hypothesis`. Values come from the tool's own schema, so no session is needed.
    """
    from hypothesis import strategies as st

    wanted = None if ids is None else tuple(ids)

    def build(seed: int) -> Malformed | None:
        draw = Draw("malformed", tool.name, seed)
        try:
            arguments = valid_arguments(tool, draw, optional=draw.unit("optional"))
        except NoInstance:
            return None
        ground = Ground(tool, arguments, tools if tools is not None else {})
        return malform(ground, draw, wanted)

    found: Any = st.integers(min_value=0, max_value=2**32 - 1).map(build)
    kept: SearchStrategy[Malformed] = found.filter(lambda made: made is not None)
    return kept
