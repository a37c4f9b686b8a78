"""What a document was understood as: the facts of the document, its collections, its operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sandbox.conventions.counts import counts_of
from sandbox.conventions.envelopes import outcome_members
from sandbox.conventions.error_forms import error_form
from sandbox.conventions.foreign_keys import link_plan

if TYPE_CHECKING:
    from sandbox import World
    from sandbox.conventions.operation_model import Collection
    from sandbox.document import Operation

Fact = tuple[str, str, Iterable[str]]
"""(name, what holds, evidence)."""


def model_rows(world: World) -> list[dict[str, Any]]:
    """One row per operation, then one per collection, then the document's own.

    `facts` is fact → {"is": what holds, "because": evidence}; `operation` is null in the rows that
    are not of one.
    """
    stateless = dict(world.resources.stateless())
    offered = {tool.operation.id for tool in world.tools.values() if tool.operation is not None}
    homes: dict[str, Collection] = {}
    rows = []
    for operation in world.document.operations.values():
        if world.only and operation.id not in offered:
            continue
        meaning = world.resources.meaning(operation)
        home = meaning.collection
        if home is not None:
            homes.setdefault(home.template, home)
        rows.append(
            {
                "operation": operation.id,
                "path": f"{operation.method} {operation.path}",
                "understood as": (operation.defect and f"unusable: {operation.defect}")
                or meaning.act,
                "resource": home.template if home else None,
                "item": meaning.item,
                "id": "/".join(home.id_path) or None if home else None,
                "inside": "/".join(meaning.keys) or None,
                "facts": _facts_json(_of_operation(world, operation, stateless.get(operation.id))),
            }
        )
    for home in homes.values():
        kind = "singleton" if home.singleton else "collection"
        rows.append(_row(kind, home.template, _of_collection(world, home)))
    style = world.conventions.style
    rows.append(_row("document", None, [("style", style.name, style.evidence)]))
    return rows


def sentences(row: dict[str, Any]) -> list[str]:
    """The facts of a row as people read them: "paging: cursor, because `cursor`"."""
    return [
        f"{name}: {fact['is']}" + ", because " * bool(fact["because"]) + _and(fact["because"])
        for name, fact in row["facts"].items()
    ]


def _row(kind: str, template: str | None, facts: Iterable[Fact]) -> dict[str, Any]:
    row = dict.fromkeys(("operation", "path", "understood as", "resource", "item", "id", "inside"))
    return {**row, "understood as": kind, "resource": template, "facts": _facts_json(facts)}


def _facts_json(facts: Iterable[Fact]) -> dict[str, dict[str, Any]]:
    return {name: {"is": value, "because": list(why)} for name, value, why in facts}


def _of_operation(world: World, operation: Operation, stateless: str | None) -> Iterator[Fact]:
    facts, form = world.conventions.of(operation), world.resources.form(operation)
    if form.evidence:
        yield "REST form", f"{form.method} {form.place.template}", (form.evidence,)
    if facts.paging is not None:
        yield "paging", facts.paging.style, facts.paging.evidence
    if facts.meaning.act == "list":
        if facts.ordering is not None:
            order = facts.ordering
            yield "ordering", _and(filter(None, (order.sort, order.direction))), order.evidence
        if facts.filters:
            yield "filters", ", ".join(f"{f.name} ({f.kind})" for f in facts.filters), ()
    if facts.idempotency is not None:
        yield "idempotency", facts.idempotency.name, facts.idempotency.evidence
    if operation.method != "GET" and facts.readbacks.operations:
        yield "read-backs", ", ".join(facts.readbacks.operations), facts.readbacks.evidence
    reply = facts.meaning.schema
    flags = outcome_members(world.resources.shape, reply) if reply is not None else {}
    if flags:
        yield (
            "outcome",
            ", ".join(flags),
            (f"`{name}` says whether all went well" for name in flags),
        )
    for each in facts.parent_fields:
        yield f"parent {'/'.join(each.path)}", f"{{{each.parameter}}}", (each.evidence,)
    for status, reply in operation.replies.items():
        if status[0] in "45d":
            stated = world.resources.overrides.errors
            forms = (
                error_form(world.document.schemas, m.schema, stated)  # type: ignore[arg-type]
                for m in reply.media.values()
            )
            told = next(filter(None, forms), None)
            if told is not None:
                yield f"error form {status}", "list" if told.lists else "text", told.evidence
    if stateless is not None:
        yield "stateless", "yes", (stateless,)


def _of_collection(world: World, home: Collection) -> Iterator[Fact]:
    facts = world.conventions.about(home)
    known, times = facts.identifiers, facts.timestamps
    if known.path or known.listed or known.parameter:
        held = "/".join(known.path) or known.listed or known.parameter or ""
        yield "identifiers", ", ".join((held, *known.natural_keys)), known.evidence
    for name, fields in (("created", times.created), ("updated", times.updated)):
        if fields:
            yield f"timestamps {name}", ", ".join(fields), (f"`{field}`" for field in fields)
    parent, nested, _ = home.template.rpartition("/{}/")
    if nested:
        yield "parent", parent, (f"path `{home.template}`",)
    for field, (noun, _, _) in link_plan(world.resources, home).fields.items():
        linked = world.resources.root_collection(noun)
        if linked is not None:
            yield f"link {field}", linked, (f"`{field}` names one of `{linked}`",)
    for each in facts.links:
        place = each.target if each.kind == "below" else each.target + "/{}"
        yield f"address {'/'.join(each.pointer)}", place, (each.evidence,)
    for view in world.resources.views_of(home.template):
        shown = f"entities of {view.parent or 'all parents'}"
        yield f"nested view {view.template}", shown, view.evidence
    for count in counts_of(world.resources, home):
        yield (
            f"count {count.field}",
            count.home or f"{home.template}/{{}}/{count.below}",
            (count.evidence,),
        )
    jobs = world.conventions.about(home).lifecycle
    if jobs is not None:
        yield "jobs", " → ".join(jobs.stages), (jobs.evidence,)


def _and(parts: Iterable[str]) -> str:
    *head, last = [*parts] or [""]
    return f"{', '.join(head)} and {last}" if head else last
