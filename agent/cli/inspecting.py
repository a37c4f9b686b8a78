"""Commands for a look: tools, call, list, diff, drift."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from agent.cli.console import FAILED, fail, note, say, show, show_json

KeptIn = Annotated[
    str | None, typer.Option("--store", help="Keep the episodes here, not as a new run.")
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Only = Annotated[
    list[str] | None, typer.Option("--only", help="tag:NAME, op:ID or path:PREFIX; may repeat.")
]


class UnknownFields(StrEnum):
    """What happens to arguments that the document does not declare."""

    reject = "reject"
    ignore = "ignore"


class UnknownEntities(StrEnum):
    """What happens to ids that nothing here bears."""

    closed = "closed"
    materialise = "materialise"


Doc = Annotated[str, typer.Argument(help="Path, URL or bundled name of an OpenAPI document.")]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same world.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse a document with anything wrong in it.")
]
Unknown = Annotated[
    UnknownFields,
    typer.Option("--unknown", help="Undeclared arguments: reject, or ignore as open schemas do."),
]
Helpfulness = Annotated[
    int, typer.Option("--helpfulness", min=0, max=4, help="How much errors explain.")
]
UnknownIds = Annotated[
    UnknownEntities,
    typer.Option("--unknown-ids", help="closed: 404; materialise: invent the entity."),
]
ModelFile = Annotated[
    Path | None,
    typer.Option("--model-file", help="YAML that says what operations mean (see tools --model)."),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="Your own entities: JSON or YAML, by collection (tools --model)."),
]
Faults = Annotated[str | None, typer.Option("--faults", help="Preset, file or ids: H01,T03.")]
Drift = Annotated[
    str | None,
    typer.Option("--drift", help="Preset, file, ids (D03,D20) or to:V2.yaml,to:V3.yaml."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("tools")(tools)
    app.command("call")(call)
    app.command("list")(list_)
    app.command("diff")(diff)
    app.command("drift")(drift)


def tools(
    document: Doc,
    dialect: Annotated[
        str,
        typer.Option(
            "--dialect", help="openai, openai-strict, anthropic, gemini, mcp or alpha-umi."
        ),
    ] = "openai",
    model: Annotated[
        bool, typer.Option("--model", help="Every fact of each operation and collection, and why.")
    ] = False,
    only: Only = None,
    model_file: ModelFile = None,
    json: Json = False,
) -> None:
    """The tools an agent would see, what was lost in conversion, and what they cost in tokens."""
    from agent.cli.load_notes import load_notes, service_notes
    from agent.cli.model_rows import model_rows
    from sandbox import World
    from sandbox.errors import UnknownName
    from sandbox.tools import DIALECTS, convert

    world = World.load(document, only=only or (), overrides=model_file)
    for line in load_notes(world, whole=True):
        note(f"warning: {line}")
    for line in service_notes(world):
        note(line)
    if model:
        _show_model(model_rows(world), json=json, title=world.document.title)
        return
    if dialect not in DIALECTS:
        raise UnknownName("dialect", dialect, DIALECTS)
    converted = [(tool, convert(tool, dialect)) for tool in world.tools.values()]
    if json:
        show_json([made.definition for _, made in converted])
        return
    rows = [
        {
            "tool": tool.name,
            "operation": f"{tool.operation.method} {tool.operation.path}" if tool.operation else "",
            "arguments": len(tool.arguments),
            "tokens": made.tokens,
            "lost": "; ".join(made.losses),
        }
        for tool, made in converted
    ]
    show(rows, json=False, title=f"{world.document.title}: {len(rows)} tools, {dialect}")
    say(f"about {sum(made.tokens for _, made in converted):,} tokens in all (4 characters each)")


def _show_model(rows: list[dict[str, Any]], *, json: bool, title: str) -> None:
    from agent.cli.model_rows import sentences

    if json:
        show_json(rows)
        return
    operations = [row for row in rows if row["operation"]]
    columns = ("path", "understood as", "resource", "operation")
    show(operations, json=False, title=f"{title}: inferred resources", columns=columns)
    for row in rows:
        place = row["operation"] or row["resource"] or "the document"
        for sentence in sentences(row):
            say(f"{place}: {sentence}")


def call(
    document: Doc,
    tool: Annotated[str, typer.Argument(help="Name of a tool (see `wavetank tools`).")],
    arguments: Annotated[str, typer.Argument(help="The arguments, a JSON object.")] = "{}",
    seed: Seed = 0,
    faults: Faults = None,
    drift: Drift = None,
    session: Annotated[
        Path | None, typer.Option("--session", help="Keep the session in this file between calls.")
    ] = None,
    only: Only = None,
    model_file: ModelFile = None,
    data: Data = None,
    unknown: Unknown = UnknownFields.ignore,
    helpfulness: Helpfulness = 2,
    unknown_ids: UnknownIds = UnknownEntities.closed,
    json: Json = False,
) -> None:
    """Make one call and show what the agent would be shown."""
    from agent.cli.session_file import kept_session
    from sandbox import World
    from sandbox.errors import UnknownName

    world = World.load(document, only=only or (), overrides=model_file, data=data)
    for line in world.data.notes if world.data is not None else ():
        note(f"warning: {line}")
    options = {"seed": seed, "faults": faults, "drift": drift, "helpfulness": helpfulness,
               "unknown": unknown.value, "unknown_ids": unknown_ids.value}  # fmt: skip
    with kept_session(world, session, options) as kept:
        if tool not in kept.session.tools:
            raise UnknownName("tool", tool, kept.session.tools)
        seen = kept.call(tool, arguments)
    if json:
        show_json({"status": seen.status, "error": seen.error, "text": seen.text})
    else:
        say(_pretty(seen.text))
    if seen.error:
        raise typer.Exit(FAILED)


def _pretty(text: str) -> str:
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return text


def _listings() -> list[str]:
    """What a shell completes after `wavetank list`."""
    from agent.cli.listings import LISTINGS

    return list(LISTINGS)


def list_(
    what: Annotated[
        str,
        typer.Argument(
            help="faults, drift, malformed, presets, suites, yardsticks, findings, agents, "
            "formats, documents or schemas.",
            autocompletion=_listings,
        ),
    ],
    json: Json = False,
) -> None:
    """What there is, one line each."""
    from agent.cli.listings import COLUMNS, LISTINGS
    from sandbox.errors import UnknownName

    if what not in LISTINGS:
        raise UnknownName("listing", what, LISTINGS)
    show(LISTINGS[what](), json=json, columns=COLUMNS.get(what, ()))


_LEVELS = ("ERR", "WARN", "INFO")
"""Levels of a change between documents, gravest first."""


def diff(
    old: Annotated[str, typer.Argument(help="The older document.")],
    new: Annotated[str, typer.Argument(help="The newer document.")],
    policy: Annotated[
        str, typer.Option("--policy", help="oasdiff, azure, aip or zalando.")
    ] = "oasdiff",
    fail_on: Annotated[
        str,
        typer.Option("--fail-on", help="Exit with 1 from here on: ERR, WARN, INFO, none."),
    ] = "ERR",
    json: Json = False,
) -> None:
    """Breaking and other changes between two versions, with oasdiff's rule ids."""
    from sandbox import Document
    from sandbox.drift.diff import diff as compare
    from sandbox.drift.severity import POLICIES
    from sandbox.errors import UnknownName

    if policy not in POLICIES:
        raise UnknownName("policy", policy, POLICIES)
    if fail_on not in (*_LEVELS, "none"):
        raise UnknownName("level", fail_on, (*_LEVELS, "none"))
    findings = compare(Document.load(old), Document.load(new))
    rows = [
        {
            "level": finding.level(policy),
            "id": finding.id,
            "operation": finding.operation,
            "pointer": finding.pointer,
            "old": finding.old,
            "new": finding.new,
        }
        for finding in findings
    ]
    levels = [row["level"] for row in rows]
    counts = ", ".join(f"{levels.count(level)} {level}" for level in _LEVELS if level in levels)
    if rows or json:
        show(rows, json=json, title=f"{len(rows)} changes: {counts}")
    else:
        say("no changes")
    failing = () if fail_on == "none" else _LEVELS[: _LEVELS.index(fail_on) + 1]
    if any(level in failing for level in levels):
        raise typer.Exit(1)


def drift(
    document: Doc,
    op: Annotated[
        list[str] | None, typer.Option("--op", help="Drift operator, for example D03; may repeat.")
    ] = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the drifted document here (JSON).")
    ] = None,
    json: Json = False,
) -> None:
    """The drifted document and the migration note."""
    from sandbox import World
    from sandbox.drift import releases

    if not op:
        fail("say which drift with --op, for example --op D03 (see `wavetank list drift`)")
    world = World.load(document)
    plan = releases(",".join(op), world, seed=seed)
    last = plan.releases[-1]
    packed = orjson.dumps(last.document.tree, option=orjson.OPT_INDENT_2)
    if out is not None:
        out.write_bytes(packed)
        say(last.note)
    elif json:
        show_json(
            {"note": [release.note for release in plan.releases], "document": last.document.tree}
        )
    else:
        sys.stdout.buffer.write(packed + b"\n")
        sys.stdout.buffer.flush()
        note(last.note)
