"""Real drift: a next version of the document that somebody published, served in mid-session."""

from __future__ import annotations

from functools import cache, partial

from sandbox.document.document import Document
from sandbox.document.routing import Router
from sandbox.drift.diff import diff, match_operations
from sandbox.drift.release import Release
from sandbox.errors import DocumentError, PlanError

_LINES = 60


def successor(base: Document, before: Release | None, source: str, *, name: str) -> Release:
    """The release that a real next version stands for. Raises PlanError when it cannot be read.

    Operations are matched by method and path, then by id; what has no match answers as moved or
    gone where a match by id tells, and as a plain 404 otherwise.
    """
    try:
        document = Document.load(source)
    except DocumentError as error:
        raise PlanError(f"to:{source}", str(error)) from None
    ids = match_operations(base, document)
    taken = set(ids.values())
    moved: dict[str, str] = {}
    for operation in base.operations:
        if operation not in ids and operation in document.operations and operation not in taken:
            ids[operation] = operation
            moved[operation] = "redirect"
    unmatched = tuple(operation for operation in base.operations if operation not in ids)
    last = before.document if before is not None else base
    names = before.logical if before is not None else {id: id for id in base.operations}
    earlier = before.earlier if before is not None else ()
    return Release(
        name=name,
        document=document,
        made=before.made if before is not None else (),
        changes=(),
        ids=ids,
        logical={id: operation for operation, id in ids.items()},
        earlier=(*earlier, (Router(last.operations, last.base_path), names)),
        signals={**moved, **dict.fromkeys(unmatched, "")},
        succeeds=True,
        unmatched=unmatched,
        changelog=cache(partial(_changelog, base, document, unmatched)),
    )


def _changelog(base: Document, document: Document, unmatched: tuple[str, ...]) -> tuple[str, ...]:
    """What a reader of a changelog would be told: removals first, then what breaks."""
    lines = [f"{operation} is gone." for operation in unmatched]
    found = [one for one in diff(base, document) if one.level() in ("ERR", "WARN")]
    lines += [
        f"{one.operation} {one.pointer}: {one.id}".replace(" :", ":")
        for one in found
        if not one.id.startswith("api-")
    ]
    if len(lines) > _LINES:
        return (*lines[:_LINES], f"and {len(lines) - _LINES} more changes")
    return tuple(lines)
