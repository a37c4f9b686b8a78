"""A release: one drifted version of the document, and the way between it and the original."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sandbox import exact_json
from sandbox.conventions.paths import place_of
from sandbox.document.document import Document
from sandbox.document.operations import Operation
from sandbox.document.references import pointer
from sandbox.document.routing import Match, Router
from sandbox.drift.body_changes import Change, RenameKey
from sandbox.drift.call_changes import Call, CallChange, InBody, RenameArgument
from sandbox.drift.registry import Applied, Target, operator_of
from sandbox.drift.rewriting import Draft
from sandbox.errors import UnknownName
from sandbox.messages import ABSENT, Arguments, Request, Response

if TYPE_CHECKING:
    from sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Made:
    """One operator that was applied: what, where, and what came of it."""

    operator: str
    target: Target
    applied: Applied

    def as_json(self) -> dict[str, Any]:
        return {
            "operator": self.operator,
            "operation": self.target.operation,
            "pointer": self.target.pointer,
            "adapter": self.applied.adapter or operator_of(self.operator).adapter,
            "findings": list(self.applied.findings),
            "values": list(self.applied.values),
            "note": self.applied.note,
        }


@dataclass(frozen=True, slots=True)
class Release:
    """One version of the document with its adapters; immutable and shared between sessions."""

    name: str
    document: Document
    made: tuple[Made, ...]
    """Everything applied since the original, oldest first."""
    changes: tuple[Made, ...]
    """What this release alone changed."""
    ids: Mapping[str, str]
    """Logical operation → its id in this release; removed ones are not in it."""
    logical: Mapping[str, str]
    """The other way round."""
    earlier: tuple[tuple[Router, Mapping[str, str]], ...]
    """(router, its ids → logical operations) of the original and of every release before."""
    calls: Mapping[str, tuple[CallChange, ...]] = field(default_factory=dict)
    replies: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    signals: Mapping[str, str] = field(default_factory=dict)
    """Moved operation → redirect, gone or bare; removed ones have the operation to use, or ""."""
    succeeds: bool = False
    """A real next version: it answers by itself, nothing is adapted."""
    unmatched: tuple[str, ...] = ()
    """Of a real next version: operations of the original that it does not have."""
    changelog: Callable[[], tuple[str, ...]] = tuple
    """Of a real next version: what the differ found, in words; comparing takes a while."""

    @property
    def inputs(self) -> Mapping[str, Mapping[str, str]]:
        """Logical operation → the names of its inputs → what they are called in this release."""
        found: dict[str, dict[str, str]] = {}
        for operation, steps in self.calls.items():
            names = found.setdefault(operation, {})
            for step in steps:
                change = step.change if isinstance(step, InBody) else step
                deep = isinstance(change, RenameKey) and change.parents
                if isinstance(change, RenameArgument | RenameKey) and not deep:
                    first = next((n for n, to in names.items() if to == change.name), change.name)
                    names[first] = change.to
        return found

    @property
    def findings(self) -> tuple[tuple[str, str], ...]:
        """(logical operation, differ id) that the operators promise."""
        return tuple((m.target.operation, id) for m in self.made for id in m.applied.findings)

    @property
    def adapter(self) -> str:
        """The weakest adapter class among what was applied: lossless, needs-info or none."""
        order = ("lossless", "needs-info", "none")
        if self.succeeds:
            return "needs-info"
        classes = [made.as_json()["adapter"] for made in self.made]
        return max(classes, key=order.index, default="lossless")

    @property
    def note(self) -> str:
        """The migration note: one line per change."""
        lines = [f"- {made.applied.note}" for made in self.made if made.applied.note]
        lines += [f"- {line}" for line in self.changelog()]
        return "\n".join([f"# Changes in {self.name}", "", *lines]) if lines else ""

    def backward(self, operation: str, arguments: Arguments) -> tuple[str, Arguments]:
        """A call in this release's form as (logical operation, original arguments).

        An operation that is new in this release has no original: its logical operation is "".
        """
        base = self.logical.get(operation)
        if base is None:
            return "", arguments
        steps = self.calls.get(base)
        if not steps:
            return base, arguments
        call = Call.of(arguments)
        for step in reversed(steps):
            step.old(call)
        return base, call.arguments()

    def forward(self, operation: str, arguments: Arguments) -> tuple[str, Arguments]:
        """An original call as (operation id here, arguments here).

        Raises UnknownName when the operation was removed: there is no new form.
        """
        name = self.ids.get(operation)
        if name is None:
            raise UnknownName(f"operation of {self.name}", operation, self.ids)
        if self.succeeds:
            return name, _declared_arguments(self.document.operations[name], arguments)
        steps = self.calls.get(operation)
        if not steps:
            return name, arguments
        call = Call.of(arguments)
        for step in steps:
            step.new(call)
        return name, call.arguments()

    def present(self, operation: str, response: Response) -> Response:
        """The original reply of a logical operation in this release's form."""
        return self._reply(operation, response, old=False)

    def recall(self, operation: str, response: Response) -> Response:
        """A reply in this release's form as the original would have said it."""
        return self._reply(operation, response, old=True)

    def _reply(self, operation: str, response: Response, *, old: bool) -> Response:
        steps = self.replies.get(operation)
        if not steps or response.transport is not None or not 200 <= response.status < 300:
            return response
        try:
            value = exact_json.loads(response.body)
        except ValueError:
            return response
        for step in reversed(steps) if old else steps:
            value = step.old(value) if old else step.new(value)
        return replace(response, body=exact_json.dumps(value))

    def refuse(self, request: Request, world: World, helpfulness: int = 2) -> Response | None:
        """What a request in an older form is told: moved (308), gone (410), or None for a 404.

        A 410 has the error form of the undrifted `world`.
        """
        for router, names in reversed(self.earlier):
            found = router.match(request.method, request.path)
            if isinstance(found, Match):
                base = names.get(found.operation.id, "")
                return self._signal(base, found, request, world, helpfulness)
        return None

    def _signal(
        self, base: str, found: Match, request: Request, world: World, helpfulness: int
    ) -> Response | None:
        signal = self.signals.get(base)
        if signal is None or signal == "bare":
            return None
        if signal == "redirect":
            location = self._fill_path(base, found.path_values, request)
            return Response(308, (("location", location),)) if location else None
        successor = base if signal == "gone" else signal
        location = self._fill_path(successor, found.path_values, request) if successor else ""
        link = ((("link", f'<{location}>; rel="successor-version"'),)) if location else ()
        detail = "This operation has moved." if location else "This operation no longer exists."
        operation = world.document.operations.get(base)
        return world.error_responses.refuse(
            operation, 410, detail, code="gone", helpfulness=helpfulness, headers=link
        )

    def _fill_path(self, base: str, values: Mapping[str, str], request: Request) -> str:
        """The path of an operation here, with the values an old request carried."""
        name = self.ids.get(base)
        if name is None:
            return ""
        operation = self.document.operations[name]
        path = operation.path
        # Path parameters keep their order even where they were renamed.
        for value in values.values():
            start, _, rest = path.partition("{")
            path = start + value + rest.partition("}")[2] if rest else path
        query = f"?{request.query}" if request.query else ""
        return quote(self.document.base_path) + path + query


def _declared_arguments(operation: Operation, arguments: Arguments) -> Arguments:
    """The arguments that an operation still has, path parameters by position."""
    places: dict[str, dict[str, Any]] = {"query": {}, "header": {}, "cookie": {}}
    names = place_of(operation.path).names
    path = dict(zip(names, arguments.path.values(), strict=False))
    given = {"query": arguments.query, "header": arguments.header, "cookie": arguments.cookie}
    for parameter in operation.parameters:
        if parameter.location in given and parameter.name in given[parameter.location]:
            value = given[parameter.location][parameter.name]
            places[parameter.location][parameter.name] = value
    body = arguments.body if operation.body is not None else ABSENT
    return Arguments(path=path, **places, body=body, media_type=arguments.media_type)


def release(
    base: Document,
    before: Release | None,
    draft: Draft,
    made: Sequence[Made],
    *,
    name: str,
) -> Release:
    """The release that a rewritten draft stands for, with adapters from the original."""
    document = Document.from_tree(draft.tree, source=f"{base.source}@{name}")
    ids = _ids(document, draft)
    document = replace(
        document,
        operations={
            id: operation
            for id, operation in document.operations.items()
            # A document narrowed by `only` stays narrowed.
            if id in ids.values() or len(base.operations) == len(draft.sites)
        },
    )
    earlier = before.earlier if before is not None else ()
    last = before.document if before is not None else base
    names = before.logical if before is not None else {id: id for id in base.operations}
    calls = {op: list(steps) for op, steps in before.calls.items()} if before is not None else {}
    replies = {op: list(s) for op, s in before.replies.items()} if before is not None else {}
    signals = dict(before.signals) if before is not None else {}
    for one in made:
        for operation, step in one.applied.calls:
            calls.setdefault(operation, []).append(step)
        for operation, change in one.applied.replies:
            replies.setdefault(operation, []).append(change)
        signals.update(one.applied.moved)
        signals.update({op: other or "" for op, other in one.applied.gone.items()})
    return Release(
        name=name,
        document=document,
        made=(*(before.made if before is not None else ()), *made),
        changes=tuple(made),
        ids=ids,
        logical={id: operation for operation, id in ids.items()},
        earlier=(*earlier, (Router(last.operations, last.base_path), names)),
        calls={op: tuple(steps) for op, steps in calls.items()},
        replies={op: tuple(steps) for op, steps in replies.items()},
        signals=signals,
    )


def _ids(document: Document, draft: Draft) -> dict[str, str]:
    """Logical operation → id in the drifted document, by where it lies."""
    placed = {operation.pointer: operation.id for operation in document.operations.values()}
    found = {}
    for name, site in draft.sites.items():
        id = placed.get(pointer("paths", site.path, site.method))
        if id is not None:
            found[name] = id
    return found
