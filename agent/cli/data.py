"""Commands of the data engine: tasks, collect, import, replay, export."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli.collecting import StoreUrl, collect
from agent.cli.console import FAILED, note, progress, say, show, show_json
from agent.cli.look import Doc, Json, Only, Seed

if TYPE_CHECKING:
    from sandbox.tasks import Task
    from sandbox.tasks.diversity import Diversity


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("tasks")(tasks)
    app.command("collect")(collect)
    app.command("import")(import_)
    app.command("replay")(replay)
    app.command("export")(export)


def tasks(
    document: Doc,
    count: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    seed: Seed = 0,
    kinds: Annotated[
        str | None, typer.Option("--kinds", help="Comma-separated, for example read,create.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write here instead of standard output.")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="How different the tasks are, instead of the tasks.")
    ] = False,
    teacher: Annotated[
        str | None,
        typer.Option(
            "--teacher",
            help="MODEL@URL of an OpenAI-compatible server that rephrases the instructions; "
            "its key, if any, in WAVETANK_TEACHER_KEY.",
        ),
    ] = None,
    only: Only = None,
    json: Json = False,
) -> None:
    """Generated tasks with goals and reference solutions, as a tasks file (YAML)."""
    from agent.shards import reasons
    from sandbox import World
    from sandbox.tasks import Report, TaskFile, generate
    from sandbox.tasks.diversity import diversity

    world = World.load(document, only=only or ())
    yields = Report()
    wanted = kinds.split(",") if kinds else None
    made = list(generate(world, n=count, seed=seed, kinds=wanted, report=yields))
    if teacher is not None:
        made = reworded(made, teacher)
    file = TaskFile(document=document, tasks=made)
    if report:
        show_diversity(diversity(made, world, seed=seed), world.document.title, json=json)
    elif json:
        show_json(file.model_dump(mode="json", exclude_defaults=True))
    elif out is not None:
        file.dump(out)
        say(f"{len(made)} tasks in {out}")
    else:
        typer.echo(file.text(), nl=False)
    if len(made) < count:
        note(
            f"only {len(made)} of {count} tasks: "
            + (reasons(yields) or "the document offers no more")
        )


def reworded(tasks: list[Task], teacher: str) -> list[Task]:
    """The tasks in a teacher's words where they can be used; what was refused is noted."""
    from agent.paraphrase import paraphrase, teacher_from

    chat = teacher_from(teacher, key=os.environ.get("WAVETANK_TEACHER_KEY"))
    results = paraphrase(tasks, chat)
    refused = Counter(result.refused for result in results if result.refused)
    note(f"{len(results) - refused.total()} of {len(results)} instructions rephrased")
    for reason, times in refused.most_common(5):
        note(f"{times} kept as they were: {reason}")
    return [result.task for result in results]


def show_diversity(found: Diversity, title: str, *, json: bool) -> None:
    """The measures as a table, or all of them nested as JSON."""
    if json:
        show_json(found.as_json())
    else:
        show(found.rows(), json=False, title=f"{title}: diversity of the tasks")


def import_(
    file: Annotated[Path, typer.Argument(help="A file in a foreign format.")],
    format: Annotated[str, typer.Option("--format", help="See `wavetank list formats`.")],
    store: StoreUrl,
    json: Json = False,
) -> None:
    """Read trajectories of another format into a store."""
    from trajectories import Store
    from trajectories.imports import import_file

    with Store.open(store) as opened:
        found = list(import_file(file, format))
        added = opened.add_many(found)
    if json:
        show_json({"read": len(found), "added": added})
    else:
        say(f"{len(found)} trajectories read, {added} of them new, in {store}")


def replay(
    store: StoreUrl,
    document: Annotated[
        list[str] | None, typer.Option("--doc", help="Where the documents lie, when they moved.")
    ] = None,
    limit: Annotated[int | None, typer.Option("-n", min=1, help="At most so many.")] = None,
    json: Json = False,
) -> None:
    """Make every recorded call again and compare every observation, byte for byte."""
    from itertools import islice

    from agent.rerun import Reruns
    from trajectories import Store
    from trajectories.replay import replay as compare

    different = []
    total = observations = 0
    with Store.open(store, create=False) as opened, progress(quiet=json) as bar:
        shown = bar.add_task(
            "replaying", total=min(opened.count(), limit or opened.count()), rate=""
        )
        rerun = Reruns(document or ())
        for trajectory in islice(opened.iterate(), limit):
            report = compare(trajectory, rerun)
            total += 1
            observations += report.compared
            bar.update(shown, advance=1)
            if not report.same:
                different.append(report)
    if json:
        show_json(
            {
                "trajectories": total,
                "observations": observations,
                "different": [str(r) for r in different],
            }
        )
    else:
        for report in different:
            say(str(report))
        say(
            f"{total} trajectories, {observations} observations reproduced; "
            f"{len(different)} trajectories differ"
        )
    if different:
        raise typer.Exit(FAILED)


def export(
    store: StoreUrl,
    format: Annotated[
        str,
        typer.Option(
            "--format", help="native, openai, trl, atif, sharegpt, alpha-umi or toolbench."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="File or folder to write.")],
    json: Json = False,
) -> None:
    """Write a store's trajectories in a format that trainers and viewers read."""
    from trajectories import Store
    from trajectories import export as write

    with Store.open(store, create=False) as opened:
        summary = write(opened.iterate(), format, out)
    row = {name: getattr(summary, name) for name in summary.__dataclass_fields__}
    show([row], json=json)
