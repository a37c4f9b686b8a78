"""The command `invent`: documents nobody wrote, and proof that they can be worked with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from agent.cli.console import FAILED, fail, note, progress, say, show, show_json
from agent.cli.inspecting import Json, Seed

if TYPE_CHECKING:
    from sandbox import World


_OPERATORS: Final = re.compile(r"D\d\d")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("invent")(invent)


def invent(
    out: Annotated[Path, typer.Option("--out", help="Folder for the documents.")],
    count: Annotated[int, typer.Option("-n", min=1, help="Documents.")] = 100,
    seed: Seed = 0,
    variants_of: Annotated[
        list[str] | None,
        typer.Option("--variants", help="Make drifted variants of this document; may repeat."),
    ] = None,
    tasks: Annotated[
        int, typer.Option("--tasks", min=0, help="Verify so many tasks of each document.")
    ] = 0,
    json: Json = False,
) -> None:
    """Write realistic OpenAPI documents that nobody wrote, in every convention; with --tasks the
    teacher has to solve tasks of each."""
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        fail(f"{out}: is not empty; choose another folder")
    rows: list[dict[str, Any]] = []
    with progress(quiet=json) as bar:
        shown = bar.add_task("documents", total=count, rate="")
        for name, kind, tree in _documents(count, seed, variants_of or []):
            place = out / f"{name}.json"
            place.write_bytes(orjson.dumps(tree, option=orjson.OPT_INDENT_2) + b"\n")
            rows.append({"document": place.name, "kind": kind, **_check_document(place, tasks)})
            bar.update(shown, advance=1)
    found = {"seed": seed, "inventory": _inventory(rows), "documents": rows}
    (out / "inventory.json").write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    if json:
        show_json(found)
    else:
        show(_inventory(rows), json=False, title=f"{len(rows):,} documents in {out}")
        say(f"every document with its counts: {out / 'inventory.json'}")
    failed = [row["document"] for row in rows if row["solved"] < row["tasks"]]
    if failed:
        note(f"wavetank: the teacher failed on {len(failed)} documents, the first is {failed[0]}")
        raise typer.Exit(FAILED)


def _documents(
    count: int, seed: int, variants_of: list[str]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(file name, what it is, document)."""
    from sandbox import World
    from sandbox.invention import invent as invented
    from sandbox.invention import variants

    if not variants_of:
        for document in invented(count, seed=seed):
            yield document.name, document.style.protocol, document.tree
        return
    each = -(-count // len(variants_of))
    for source in variants_of:
        made = variants(World.load(source), each, seed=seed)
        for index, (operators, tree) in enumerate(made):
            yield f"{Path(source).stem}-{seed}-{index:05d}", operators, tree


def _check_document(place: Path, tasks: int) -> dict[str, int]:
    """A written document's tools, and how many of so many tasks there are and the teacher solves.

    Raises DocumentError for one that does not load.
    """
    from sandbox import World
    from sandbox.tasks import generate

    world = World.load(place)
    tools = sum(tool.operation is not None for tool in world.tools.values())
    if not tasks:
        return {"tools": tools, "tasks": 0, "solved": 0}
    made = list(generate(world, n=tasks, seed=0))
    return {"tools": tools, "tasks": len(made), "solved": _count_solved(world, made)}


def _count_solved(world: World, tasks: list[Any]) -> int:
    from agent.agents import agent_from
    from agent.collect.collect import collect
    from trajectories import Store

    with Store.open(":memory:") as store:
        for _ in collect(
            [world], agent_from("scripted:perfect"), store, n=len(tasks), tasks=tasks, seed=0
        ):
            pass
        return sum(bool(trajectory.outcome.success) for trajectory in store.iterate())


def _inventory(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Counts by protocol (variants together), then of all."""
    sums: dict[str, Counter[str]] = {}
    for row in rows:
        protocol = "variants" if _OPERATORS.match(row["kind"]) else row["kind"]
        for name in (protocol, "all"):
            counts = sums.setdefault(name, Counter())
            counts += Counter(
                {"documents": 1, **{key: row[key] for key in ("tools", "tasks", "solved")}}
            )
    columns = ("documents", "tools", "tasks", "solved")
    return [
        {"protocol": name, **{column: counts[column] for column in columns}}
        for name, counts in sorted(sums.items(), key=lambda item: (item[0] == "all", item[0]))
    ]
